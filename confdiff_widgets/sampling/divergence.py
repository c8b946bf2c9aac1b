"""Runs whose numbers leave what 32 bits can hold: how that is seen, and what is said."""

from __future__ import annotations

import torch

from ..errors import UserError
from .state import State

LARGEST = 1e15
"""Å. Positions beyond it cannot be measured: their squares soon leave what 32 bits hold."""


class DivergenceError(UserError, ArithmeticError):
    """A step that led to numbers that are not finite; its message names the cure."""


def is_bounded(state: State) -> bool:
    """Whether all numbers are finite and no position is beyond `LARGEST`. Waits for the device."""
    numbers = [state.rigid.quat, state.rigid.trans]
    if state.evaluation is not None:
        frames, torsions = state.evaluation.frames, state.evaluation.torsions
        numbers += [frames.quat, frames.trans, torsions]
    largest = torch.stack([part.abs().amax() for part in numbers]).amax()
    return bool(largest <= LARGEST)  # false for NaN


def divergence_error(bad: State, steps: int, good: int) -> DivergenceError:
    """What to say of a state that is not bounded, in a run that is kept up to step ``good``."""
    gamma, eta = bad.gamma or 0.0, bad.eta or 0.0
    usual = 0 <= gamma <= 1
    cure = {
        (True, True): "Take another seed, another solver or more steps",
        (True, False): "Lower η",
        (False, True): "Take a γ nearer to the usual 0 to 1",
        (False, False): "Lower γ or η",
    }[usual, eta == 0]
    return DivergenceError(
        f"Step {bad.step} of {steps} blew up at t = {bad.evaluated_t:.3g}, γ = {gamma:g} and "
        f"η = {eta:g}: its numbers are no longer finite. {cure}. Step {good}, the last good one, "
        "is kept: go on, branch or rewind from there."
    )
