"""Estimators of the gradient of the intermediate energy (method section 3).

E_t(x_t) = -log E[e^{-E(x_0)} | x_t] for samples x_0 of the base distribution with dimensionless
energies E. With ζ = s(x_t) - ∇ log q(x_t | x_0),

    ∇E_t(x_t) = E[e^{-E} ζ | x_t] / E[e^{-E} | x_t],

which is learned by regression on single samples ("exact"), or estimated within a batch ("batch").
The estimate within a batch is unbiased only in the limit of large batches, and 0 for a batch in
which no two kernels overlap.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ..diffusion.se3 import Score, SE3Process
from ..geometry.rigid import Rigid

Estimator = Literal["exact", "batch", "released"]


def energy_matching_loss(energy: Tensor, weights: Tensor) -> Tensor:
    """Return the contrastive loss of E_θ(x_t, t), exact for any batch size (Lu et al. 2023).

    Parameters
    ----------
    energy : Tensor, shape (..., K)
        E_θ at K samples that share t.
    weights : Tensor, shape (..., K)
        e^{-E(x_0)}, not normalised within the K.

    Returns
    -------
    Tensor, 0-dimensional
        -Σ_k e^{-E_k} log softmax_k(-E_θ), averaged over samples. Its minimiser is E_t, up to a
        constant for each t.
    """
    return -(weights * torch.log_softmax(-energy, dim=-1)).mean()


def force_matching_loss(gradient: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of weights · |F_θ - target|² over samples.

    Parameters
    ----------
    gradient, target : Tensor, shape (B, ...)
        F_θ(x_t, t), and either ζ of the sample or an estimate of ∇E_t.
    weights : Tensor, shape (B,)
        w(t) e^{-E(x_0)} for ζ, w(t) for an estimate. With the variance of the kernel as w(t), the
        loss has the same magnitude at all t.

    Returns
    -------
    Tensor, 0-dimensional
    """
    return (weights * ((gradient - target) ** 2).flatten(1).mean(1)).mean()


def batch_weights(
    log_kernel: Tensor, energy: Tensor, estimator: Literal["batch", "released"] = "batch"
) -> Tensor:
    """Return the weights w_ij of ζ_ij in the estimate of ∇E_t(x_t^i).

    ζ_ij = s(x_t^i) - ∇ log q(x_t^i | x_0^j).

    Parameters
    ----------
    log_kernel : Tensor, shape (M, N)
        log q(x_t^i | x_0^j), up to a constant of i.
    energy : Tensor, shape (N,)
        E(x_0^j).
    estimator : "batch" or "released"
        "batch": w_ij ∝ q(x_t^i | x_0^j) e^{-E_j}. "released": as in the published code, where the
        kernel cancels, so that the estimate differs from ∇E_t.

    Returns
    -------
    Tensor, shape (M, N)
        Each row sums to 1.
    """
    likelihood = torch.zeros_like(log_kernel) if estimator == "released" else log_kernel
    return torch.softmax(likelihood - energy, dim=-1)


def log_kernel(process: SE3Process, rigid_t: Rigid, rigid_0: Rigid, t: float) -> Tensor:
    """Return log q(x_t^i | x_0^j) up to a constant, (M, N), of frames (M, L) and (N, L) in Å."""
    r3, so3 = process.r3, process.so3
    displacement = (rigid_t.trans[:, None] - r3.alpha(t) * rigid_0.trans[None]) * r3.scale
    trans = -(displacement**2).sum((-1, -2)) / (2 * r3.variance(t))
    rotvec = so3.log_map(rigid_0.quat[None], rigid_t.quat[:, None])
    return trans + so3.log_density(rotvec, t).sum(-1)


def zeta(process: SE3Process, score: Score, rigid_t: Rigid, rigid_0: Rigid, t: Tensor) -> Score:
    """Return ζ = s(x_t) - ∇ log q(x_t | x_0), frames (B, L) in Å and t of shape (B,)."""
    kernel = process.score(rigid_t, rigid_0, t)
    return Score(score.trans - kernel.trans, score.rot - kernel.rot)
