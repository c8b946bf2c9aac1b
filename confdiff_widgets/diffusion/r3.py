"""Variance-preserving diffusion of CA positions (Song et al. 2021; method section 1).

Positions in this module are in scaled units: Å times ``scale``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from .times import Time, exp, expm1, log


@dataclass(frozen=True)
class R3Process:
    """dT = -½ β(t) T dt + √β(t) dW on scaled positions, β linear in t.

    Attributes
    ----------
    beta_min, beta_max : float
        β at t = 0 and t = 1.
    scale : float
        Scaled units per Å; scores are in scaled units.
    """

    beta_min: float = 0.1
    beta_max: float = 20.0
    scale: float = 0.1

    def beta(self, t: Time) -> Time:
        """Return β(t); its square root is the diffusion coefficient."""
        return self.beta_min + t * (self.beta_max - self.beta_min)

    def integrated_beta(self, t: Time) -> Time:
        """Return B(t), the integral of β from 0 to t."""
        return self.beta_min * t + 0.5 * (self.beta_max - self.beta_min) * t * t

    def alpha(self, t: Time) -> Time:
        """Return the factor of the data in the marginal, e^{-B/2}."""
        return exp(-0.5 * self.integrated_beta(t))

    def variance(self, t: Time) -> Time:
        """Return the variance of the marginal, 1 - e^{-B}, scaled units."""
        return -expm1(-self.integrated_beta(t))

    def sigma(self, t: Time) -> Time:
        """Return the standard deviation of the marginal, scaled units."""
        return self.variance(t) ** 0.5

    def score_scaling(self, t: Time) -> Time:
        """Return the root mean square of a score component, 1 / σ(t)."""
        return 1 / self.sigma(t)

    def half_log_snr(self, t: Time) -> Time:
        """Return λ(t) = log(α / σ)."""
        return -0.5 * self.integrated_beta(t) - 0.5 * log(self.variance(t))

    def time_of_half_log_snr(self, value: float) -> float:
        """Invert :meth:`half_log_snr` (closed form for linear β)."""
        slope = self.beta_max - self.beta_min
        # log(1 + e^{-2 value}) without overflow
        integral = math.log1p(math.exp(-2 * value)) if value > -300 else -2 * value
        return (math.sqrt(self.beta_min**2 + 2 * slope * integral) - self.beta_min) / slope

    def score(self, x_t: Tensor, x_0: Tensor, t: Time) -> Tensor:
        """Return the score of the marginal given the data, scaled units; t broadcasts against x."""
        return (self.alpha(t) * x_0 - x_t) / self.variance(t)

    def data_prediction(self, x_t: Tensor, score: Tensor, t: Time) -> Tensor:
        """Return the data that a score implies (Tweedie's formula), scaled units."""
        return (x_t + self.variance(t) * score) / self.alpha(t)

    def forward(self, x_0: Tensor, t: Time, noise: Tensor) -> Tensor:
        """Sample the marginal at t from standard normal ``noise``, scaled units."""
        return self.alpha(t) * x_0 + self.sigma(t) * noise

    def reverse_step(
        self, x_t: Tensor, score: Tensor, t: Time, dt: float, noise: Tensor | None
    ) -> Tensor:
        """Make one Euler step of the reverse SDE from t to t - dt, scaled units."""
        beta = self.beta(t)
        x = x_t + (0.5 * beta * x_t + beta * score) * dt
        return x if noise is None else x + (beta * dt) ** 0.5 * noise
