"""Tables of the isotropic Gaussian on SO(3): angle density and score.

f(ω; σ) = Σ_l (2l + 1) exp(-l (l + 1) σ² / 2) sin((l + ½) ω) / sin(ω / 2)   (Leach et al. 2022)

The sum over l is a matrix product for all σ and ω at once, so computing the tables is faster than
reading them from disk.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

SMALLEST_DENSITY = 1e-12
"""Smaller values of the series are rounding error."""

REGULARIZER = 1e-4
"""Added to f in the score's denominator, as published: the score vanishes where f underflows."""


class IGSO3Tables(NamedTuple):
    """Tables with one row per σ and one column per ω, float64."""

    sigma: Tensor  # (num_sigma,) increasing
    omega: Tensor  # (num_omega,) in (0, π]
    cdf: Tensor  # (num_sigma, num_omega) cumulative angle density, the published rectangle rule
    log_density: Tensor  # (num_sigma, num_omega) log f, clamped where the series underflows
    score: Tensor  # (num_sigma, num_omega) d log f / dω
    score_scaling: Tensor  # (num_sigma,) root mean square of a score component


def igso3_series(omega: Tensor, sigma: Tensor, terms: int = 1000) -> tuple[Tensor, Tensor]:
    """Return f and df/dω, each (S, W) float64, for all ``sigma`` (S,) and ``omega`` (W,)."""
    degree = torch.arange(terms, dtype=torch.float64, device=omega.device)
    omega, sigma = omega.double(), sigma.double()
    weight = (2 * degree + 1) * torch.exp(-0.5 * degree * (degree + 1) * sigma[:, None] ** 2)
    angle = (degree[:, None] + 0.5) * omega
    sin_half, cos_half = torch.sin(omega / 2), torch.cos(omega / 2)
    sine, cosine = torch.sin(angle), torch.cos(angle)
    slope = ((degree[:, None] + 0.5) * cosine * sin_half - 0.5 * sine * cos_half) / sin_half**2
    return weight @ (sine / sin_half), weight @ slope


def igso3_tables(sigma: Tensor, num_omega: int = 1000, device: str = "cpu") -> IGSO3Tables:
    """Compute the tables for standard deviations (S,) in radian, in float64."""
    omega = torch.linspace(0, math.pi, num_omega + 1, dtype=torch.float64)[1:]
    density, slope = igso3_series(omega, sigma)
    angle_density = density * (1 - torch.cos(omega)) / math.pi
    score = slope / (density + REGULARIZER)
    mean_square = (score**2 * angle_density).sum(-1) / angle_density.sum(-1)
    tables = IGSO3Tables(
        sigma=sigma,
        omega=omega,
        cdf=angle_density.cumsum(-1) * math.pi / num_omega,
        log_density=density.clamp_min(SMALLEST_DENSITY).log(),
        score=score,
        score_scaling=(mean_square.abs() / 3).sqrt(),
    )
    return IGSO3Tables(*(table.to(device) for table in tables))
