"""Weights of conformers: their update in a step, effective sample size and resampling."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..diffusion.solvers import DataPrediction
from ..guidance.cfg import select_evaluation
from ..guidance.feynman_kac import log_weight_gain
from .state import State


def effective_sample_size(log_weights: Tensor) -> Tensor:
    """Return (Σw)² / Σw² of weights (B,), between 1 and B (Kish 1965)."""
    weights = torch.softmax(log_weights.double(), dim=0)
    return 1 / (weights**2).sum()


def systematic_resample(log_weights: Tensor, uniform: Tensor) -> Tensor:
    """Return the index of the conformer for each place of the batch, (B,), increasing.

    Conformer j is selected ⌊B w_j⌋ or ⌈B w_j⌉ times (Kitagawa 1996).

    Parameters
    ----------
    log_weights : Tensor, shape (B,)
    uniform : Tensor
        One random number in [0, 1).
    """
    count = len(log_weights)
    cumulative = torch.softmax(log_weights.double(), dim=0).cumsum(0)
    places = (torch.arange(count, device=log_weights.device) + uniform) / count
    return torch.searchsorted(cumulative, places.double()).clamp_max(count - 1)


def reweigh(
    process: SE3Process, before: State, after: State, fraction: float, uniform: Tensor
) -> State:
    """Update the weights of a state and resample below the given effective fraction.

    The last step always resamples, so that the result needs no weights. The decision is made on the
    device, without synchronisation.
    """
    evaluation, count = after.evaluation, after.rigid.shape[0]
    assert evaluation is not None and after.gamma is not None and after.eta is not None
    weights = before.log_weights
    if weights is None:
        weights = torch.zeros(count, device=after.rigid.trans.device)
    finished = after.t == 0
    times = (before.evaluated_t or before.t, before.t, before.t if finished else after.t)
    weights = weights + log_weight_gain(process, evaluation, times, after.gamma, after.eta)
    ess = effective_sample_size(weights)
    few = (ess < fraction * count) | finished
    index = torch.where(
        few, systematic_resample(weights, uniform), torch.arange(count, device=weights.device)
    )
    kept = after.solver_state
    if kept is not None:
        kept = DataPrediction(kept.trans[index], kept.quat[index], kept.t)
    return replace(
        after,
        rigid=after.rigid[index],
        evaluation=select_evaluation(evaluation, index),
        solver_state=kept,
        log_weights=torch.where(few, 0.0, weights),
        ess=ess,
    )
