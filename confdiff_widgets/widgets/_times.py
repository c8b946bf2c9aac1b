"""When the steps of a run are, in diffusion time."""

from __future__ import annotations

from ..live.branch import Branch


def times_of(branch: Branch) -> list[float]:
    """t after each step, from the start of the branch's settings to 0; no run is needed."""
    config = branch.config
    return [*config.make_solver().times(config.steps, config.t_start), 0.0]
