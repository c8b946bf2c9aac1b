"""Independent implementation of the isotropic Gaussian on SO(3)."""

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np
import pytest
import torch


class IsotropicGaussian:
    """IGSO3(σ) from its series on a fine grid, float64."""

    def __init__(self, sigma: float, points: int = 2000):
        self.sigma = sigma
        self.omega = np.linspace(0, np.pi, points + 1)[1:]
        self.terms = int(10 / sigma) + 5

    def density(self, omega):
        """Return the density with respect to the uniform measure on SO(3)."""
        l = np.arange(self.terms)[:, None]  # noqa: E741
        weight = (2 * l + 1) * np.exp(-l * (l + 1) * self.sigma**2 / 2)
        return (weight * np.sin((l + 0.5) * omega)).sum(0) / np.sin(omega / 2)

    @cached_property
    def _grid_cdf(self):
        angle_density = self.density(self.omega) * (1 - np.cos(self.omega)) / np.pi
        left = np.concatenate([[0.0], angle_density[:-1]])
        return np.cumsum((left + angle_density) / 2) * self.omega[0]

    def cdf(self, omega):
        """Return the distribution function of the angle."""
        return np.interp(omega, self.omega, self._grid_cdf, left=0.0)

    @property
    def mean_square_angle(self) -> float:
        weight = self.density(self.omega) * (1 - np.cos(self.omega))
        return float((weight * self.omega**2).sum() / weight.sum())

    def sample(self, count: int, seed: int) -> torch.Tensor:
        """Sample rotation vectors (count, 3)."""
        rng = np.random.default_rng(seed)
        angle = np.interp(rng.random(count), self._grid_cdf, self.omega)
        axis = rng.standard_normal((count, 3))
        axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
        return torch.from_numpy(angle[:, None] * axis)

    def score(self, rotvec: torch.Tensor) -> torch.Tensor:
        """Return the gradient of the log density in the body frame, by finite differences."""
        slope = np.gradient(np.log(np.maximum(self.density(self.omega), 1e-12)), self.omega)
        angle = rotvec.norm(dim=-1).clamp_min(1e-9)
        ratio = np.interp(angle.numpy(), self.omega, slope / self.omega)
        return torch.from_numpy(ratio).to(rotvec.dtype)[..., None] * rotvec


@pytest.fixture(scope="session")
def igso3() -> Callable[[float], IsotropicGaussian]:
    return IsotropicGaussian


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(20)


@pytest.fixture(scope="session")
def schedules(data_dir):
    """Return the published schedules and scores on a grid of times and angles."""
    with np.load(data_dir / "golden" / "schedules.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


@pytest.fixture(scope="session")
def variance_tolerance() -> Callable[[int], float]:
    """Return the relative tolerance of a variance of ``count`` numbers: four standard errors."""
    return lambda count: 4 * math.sqrt(2 / count)
