"""What a run is at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.solvers import DataPrediction
from ..geometry.rigid import Rigid
from ..guidance.cfg import ScoreEvaluation
from ..guidance.parameters import GuidanceParameters


@dataclass(frozen=True, eq=False)
class State:
    """A run after ``step`` steps.

    Attributes
    ----------
    step : int
        Steps made.
    t : float
        Time of ``rigid``; 0 when the run is finished.
    rigid : Rigid, shape (B, L)
        x_t, Å; the result when the run is finished.
    evaluation : ScoreEvaluation or None
        The guided score of the step that led here, its parts and x̂_0; None at the start.
    evaluated_t : float or None
        Time at which that score was taken.
    gamma : float or None
        γ of that step.
    eta : float or None
        η of that step.
    solver_state : DataPrediction or None
        What a multistep solver passes to its next step.
    log_weights : Tensor or None, shape (B,)
        Of the conformers, if the run gives them weights.
    ess : Tensor or None, 0-dimensional
        Effective sample size of the weights, before conformers were resampled in that step.
    knobs : GuidanceParameters or None
        γ and η of that step as they were set, numbers or schedules.
    seed : int or None
        Of that step's random numbers.
    """

    step: int
    t: float
    rigid: Rigid
    evaluation: ScoreEvaluation | None = None
    evaluated_t: float | None = None
    gamma: float | None = None
    eta: float | None = None
    solver_state: DataPrediction | None = None
    log_weights: Tensor | None = None
    ess: Tensor | None = None
    knobs: GuidanceParameters | None = None
    seed: int | None = None

    @property
    def prediction(self) -> Rigid | None:
        """x̂_0, the predicted structure, (B, L) in Å."""
        return None if self.evaluation is None else self.evaluation.frames

    def score_norms(self) -> dict[str, dict[str, Tensor]]:
        """Root mean square over residues of each score part.

        Returns
        -------
        dict
            ``{"total" | "conditional" | "unconditional" | "physical": {"trans": (B,), "rot":
            (B,)}}``; parts that were not evaluated are left out.
        """
        if self.evaluation is None:
            return {}
        parts = {
            "total": self.evaluation.score,
            "conditional": self.evaluation.conditional,
            "unconditional": self.evaluation.unconditional,
            "physical": self.evaluation.physical,
        }
        return {
            name: {
                "trans": torch.sqrt((part.trans**2).sum(-1).mean(-1)),
                "rot": torch.sqrt((part.rot**2).sum(-1).mean(-1)),
            }
            for name, part in parts.items()
            if part is not None
        }

    def mean_scores(self) -> dict[str, float]:
        """Mean over conformers of each part's size in positions, scaled units (1/nm)."""
        return {name: float(part["trans"].mean()) for name, part in self.score_norms().items()}
