"""Detection of diverged runs, whose numbers exceed the range of 32-bit floats."""

from __future__ import annotations

import torch

from ..errors import UserError
from .state import State

LARGEST = 1e15
"""Å. Squares of larger positions soon overflow 32-bit floats."""


class DivergenceError(UserError, ArithmeticError):
    """A step produced numbers that are not finite."""


def is_bounded(state: State) -> bool:
    """Return whether all numbers are finite and at most `LARGEST`; synchronises with the device."""
    numbers = [state.rigid.quat, state.rigid.trans]
    if state.evaluation is not None:
        frames, side_chains = state.evaluation.frames, state.evaluation.side_chains
        numbers += [frames.quat, frames.trans, side_chains]
    largest = torch.stack([part.abs().amax() for part in numbers]).amax()
    return bool(largest <= LARGEST)  # false for NaN


def divergence_error(bad: State, steps: int, good: int) -> DivergenceError:
    """Return the error for a diverged state of a run that is kept up to step ``good``."""
    gamma, eta = bad.gamma or 0.0, bad.eta or 0.0
    within_usual_range = 0 <= gamma <= 1
    advice = {
        (True, True): "Use another seed, another solver or more steps",
        (True, False): "Lower η",
        (False, True): "Choose a γ closer to the usual range of 0 to 1",
        (False, False): "Lower γ or η",
    }[within_usual_range, eta == 0]
    return DivergenceError(
        f"Step {bad.step} of {steps} diverged at t = {bad.evaluated_t:.3g}, γ = {gamma:g} and "
        f"η = {eta:g}: its numbers are no longer finite. {advice}. Step {good}, the last valid "
        "one, is kept: continue, branch or rewind from there."
    )
