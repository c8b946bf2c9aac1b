"""The state of a run after a step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.solvers import DataPrediction
from ..geometry.rigid import Rigid
from ..guidance.cfg import ScoreEvaluation
from ..guidance.parameters import GuidanceParameters
from ..renamed import RenamedAttribute


@dataclass(frozen=True, eq=False)
class State:
    """State of a run after ``step`` steps.

    Attributes
    ----------
    step : int
        Completed steps.
    t : float
        Time of ``rigid``; 0 when the run is finished.
    rigid : Rigid, shape (B, L)
        x_t, Å; the result when the run is finished.
    evaluation : ScoreEvaluation or None
        The guided score of the last step, its parts and x̂_0; None at the start.
    evaluated_t : float or None
        Time at which the score was evaluated.
    parameters : GuidanceParameters or None
        γ and η of the last step as set, numbers or schedules.
    solver_state : DataPrediction or None
        What a multistep solver passes to its next step.
    log_weights : Tensor or None, shape (B,)
        Log weights of the conformers, in a run with weights.
    ess : Tensor or None, 0-dimensional
        Effective sample size of the weights before resampling in the last step.
    seed : int or None
        Seed of the last step's random numbers.
    """

    step: int
    t: float
    rigid: Rigid
    evaluation: ScoreEvaluation | None = None
    evaluated_t: float | None = None
    parameters: GuidanceParameters | None = None
    solver_state: DataPrediction | None = None
    log_weights: Tensor | None = None
    ess: Tensor | None = None
    seed: int | None = None

    memory = RenamedAttribute("solver_state")

    @property
    def gamma(self) -> float | None:
        """γ of the last step, at the time of its score."""
        return self._strengths[0]

    @property
    def eta(self) -> float | None:
        """η of the last step, at the time of its score."""
        return self._strengths[1]

    @property
    def _strengths(self) -> tuple[float, float] | tuple[None, None]:
        if self.parameters is None or self.evaluated_t is None:
            return None, None
        return self.parameters.at(self.evaluated_t)

    @property
    def prediction(self) -> Rigid | None:
        """x̂_0, the predicted structure, (B, L) in Å."""
        return None if self.evaluation is None else self.evaluation.frames

    def score_norms(self) -> dict[str, dict[str, Tensor]]:
        """Return the root mean square over residues of each part of the score.

        Returns
        -------
        dict
            ``{"total" | "conditional" | "unconditional" | "physical": {"trans": (B,), "rot":
            (B,)}}``, without parts that were not evaluated.
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
        """Return the mean over conformers of each part's size in positions, scaled units (1/nm)."""
        return {name: float(part["trans"].mean()) for name, part in self.score_norms().items()}
