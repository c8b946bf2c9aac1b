"""Classifier-free guidance: one score from a conditional and an unconditional network.

Ho and Salimans 2022, arXiv 2207.12598; method section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..diffusion.se3 import Score, SE3Process
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..models.score_model import Prediction, ScoreModel
from ..ranges import FINITE, Range
from .schedule import Strength, make_strength

GAMMA_RANGE = Range(-10, 10)
"""Range of the setting γ: 0 is the unconditional score, 1 the conditional one."""


class ScoreEvaluation(NamedTuple):
    """The guided score at x_t and its parts."""

    score: Score  # s = γ s_cond + (1 - γ) s_uncond - η ∇E_t
    conditional: Score | None  # None at γ = 0
    unconditional: Score | None  # None at γ = 1
    frames: Rigid  # (B, L) x̂_0 of the guided score, Å
    conditional_frames: Rigid  # (B, L) x̂_0 of the conditional network (γ = 0: unconditional)
    side_chains: Tensor  # of the conditional network (at γ = 0: the unconditional), opaque
    physical: Score | None = None  # -η ∇E_t as added; None at η = 0
    energy: Tensor | None = None  # (B,) E_t, where the physical guidance provides it


class ClassifierFreeGuidance:
    """The score of one sequence under classifier-free guidance, s = γ s_cond + (1 - γ) s_uncond.

    Parameters
    ----------
    conditional, unconditional : ScoreModel or None
        Without the unconditional model γ is 1, without the conditional one γ is 0.
    """

    def __init__(self, conditional: ScoreModel | None, unconditional: ScoreModel | None):
        if conditional is None and unconditional is None:
            raise ValueError("Classifier-free guidance needs at least one network.")
        self.conditional, self.unconditional = conditional, unconditional

    @property
    def model(self) -> ScoreModel:
        """The conditional model, or the unconditional one if it is alone."""
        model = self.conditional or self.unconditional
        assert model is not None
        return model

    @property
    def process(self) -> SE3Process:
        """The forward process of the models."""
        return self.model.process

    @property
    def thermal(self) -> bool:
        """Whether the models take the temperature as an input."""
        models = (self.conditional, self.unconditional)
        return all(model.thermal for model in models if model is not None)

    def at(self, inverse_temperature: float) -> ClassifierFreeGuidance:
        """Return the score at another η of :mod:`confdiff_widgets.models.temperature`."""
        models = (
            None if model is None else model.at(inverse_temperature)
            for model in (self.conditional, self.unconditional)
        )
        return ClassifierFreeGuidance(*models)

    def check_gamma(self, gamma: float) -> float:
        """Return γ if the networks can evaluate it.

        Raises
        ------
        SettingsError
            If γ is not finite or needs a missing network.
        """
        gamma = FINITE.check(gamma, "γ")
        if gamma != 1 and self.unconditional is None:
            raise SettingsError(f"γ = {gamma} needs an unconditional network; without one γ is 1.")
        if gamma != 0 and self.conditional is None:
            raise SettingsError(f"γ = {gamma} needs a conditional network; without one γ is 0.")
        return gamma

    def networks(self, gamma: float) -> int:
        """Return the number of networks that one evaluation at γ runs."""
        return 1 if gamma in (0.0, 1.0) else 2

    @torch.inference_mode()
    def __call__(
        self, rigid: Rigid, t: float, gamma: float, *, conditional: Prediction | None = None
    ) -> ScoreEvaluation:
        """Evaluate the score at x_t, frames (B, L) in Å.

        ``conditional`` is the prediction of the conditional model, if it is known already.
        """
        cond = None
        if gamma != 0:
            cond = conditional or self._predict(self.conditional, rigid, t)
        uncond = self._predict(self.unconditional, rigid, t) if gamma != 1 else None
        score_c = self.process.score(rigid, cond.frames, t) if cond else None
        score_u = self.process.score(rigid, uncond.frames, t) if uncond else None
        only = cond or uncond
        assert only is not None
        if cond is None or uncond is None or score_c is None or score_u is None:
            score = score_c or score_u
            assert score is not None
            return ScoreEvaluation(
                score, score_c, score_u, only.frames, only.frames, only.side_chains
            )
        score = Score(
            torch.lerp(score_u.trans, score_c.trans, gamma),
            torch.lerp(score_u.rot, score_c.rot, gamma),
        )
        frames = self._combine_frames(rigid, cond.frames, uncond.frames, gamma)
        return ScoreEvaluation(score, score_c, score_u, frames, cond.frames, cond.side_chains)

    def _predict(self, model: ScoreModel | None, rigid: Rigid, t: float) -> Prediction:
        assert model is not None
        return model(rigid, t)

    def _combine_frames(self, rigid: Rigid, cond: Rigid, uncond: Rigid, gamma: float) -> Rigid:
        """Combine predicted structures: linear in positions and in tangent vectors at R_t."""
        so3 = self.process.so3
        tangent = torch.lerp(
            so3.log_map(rigid.quat, uncond.quat), so3.log_map(rigid.quat, cond.quat), gamma
        )
        return Rigid(so3.exp_map(rigid.quat, tangent), torch.lerp(uncond.trans, cond.trans, gamma))


def check_gamma(gamma: Strength) -> Strength:
    """Return γ if it lies in its range.

    Raises
    ------
    SettingsError
    """
    return make_strength(gamma, "γ", GAMMA_RANGE)


def select_evaluation(evaluation: ScoreEvaluation, index: Tensor) -> ScoreEvaluation:
    """Return the evaluation of some conformers of the batch."""

    def score(item: Score | None) -> Score | None:
        return None if item is None else Score(item.trans[index], item.rot[index])

    return ScoreEvaluation(
        Score(evaluation.score.trans[index], evaluation.score.rot[index]),
        score(evaluation.conditional),
        score(evaluation.unconditional),
        evaluation.frames[index],
        evaluation.conditional_frames[index],
        evaluation.side_chains[index],
        score(evaluation.physical),
        None if evaluation.energy is None else evaluation.energy[index],
    )


def join_evaluations(parts: Sequence[ScoreEvaluation]) -> ScoreEvaluation:
    """Join the evaluations of consecutive parts of a batch."""

    def rigids(items: list[Rigid]) -> Rigid:
        return Rigid(torch.cat([i.quat for i in items]), torch.cat([i.trans for i in items]))

    def scores(items: list[Score | None]) -> Score | None:
        present = [i for i in items if i is not None]
        if not present:
            return None
        return Score(torch.cat([i.trans for i in present]), torch.cat([i.rot for i in present]))

    score = scores([p.score for p in parts])
    assert score is not None
    energies = [p.energy for p in parts if p.energy is not None]
    return ScoreEvaluation(
        score,
        scores([p.conditional for p in parts]),
        scores([p.unconditional for p in parts]),
        rigids([p.frames for p in parts]),
        rigids([p.conditional_frames for p in parts]),
        torch.cat([p.side_chains for p in parts]),
        scores([p.physical for p in parts]),
        torch.cat(energies) if energies else None,
    )
