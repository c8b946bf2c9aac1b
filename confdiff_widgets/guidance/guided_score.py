"""The guided score: the γ-mix minus η times the gradient of the intermediate energy."""

from __future__ import annotations

import torch

from ..diffusion.se3 import Score
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from .cfg import ClassifierFreeGuidance, ScoreEvaluation
from .physical import PhysicalGuidance
from .schedule import Strength, make_strength, strength_bounds


class GuidedScore:
    """s = γ s_cond + (1 - γ) s_uncond - η ∇E_t.

    Parameters
    ----------
    mix : ClassifierFreeGuidance
    physical : PhysicalGuidance, optional
        Estimate of ∇E_t; without one η is 0.
    """

    def __init__(self, mix: ClassifierFreeGuidance, physical: PhysicalGuidance | None = None):
        self.mix, self.physical = mix, physical
        self.process = mix.process

    def check_gamma(self, gamma: Strength) -> Strength:
        """γ, if it is finite and the networks can serve it.

        Raises
        ------
        SettingsError
            As :meth:`ClassifierFreeGuidance.check_gamma`, for the ends of a schedule too.
        """
        for value in strength_bounds(gamma):
            self.mix.check_gamma(value)
        return gamma

    def check_eta(self, eta: Strength) -> Strength:
        """η, if it is finite, and 0 where there is no physical term.

        Raises
        ------
        SettingsError
        """
        eta = make_strength(eta, "η")
        if self.physical is None and any(strength_bounds(eta)):
            raise SettingsError(
                f"η = {max(strength_bounds(eta), key=abs):g} needs a physical term, and this "
                "run has none: give it one (`confdiff sample --guidance force`, or "
                "Run(..., physical=ForceGuidance(...))), or leave η at 0."
            )
        return eta

    def networks(self, gamma: float, eta: float) -> int:
        """How many networks an evaluation at γ and η runs."""
        return self.mix.networks(gamma) + (eta != 0)

    @torch.inference_mode()
    def __call__(self, rigid: Rigid, t: float, gamma: float, eta: float = 0.0) -> ScoreEvaluation:
        """Evaluate at x_t, frames (B, L) in Å."""
        mixed = self.mix(rigid, t, gamma)
        if eta == 0:
            return mixed
        assert self.physical is not None
        gradient = self.physical(rigid, t)
        rot = torch.zeros_like(gradient.trans) if gradient.rot is None else gradient.rot
        term = Score(-eta * gradient.trans, -eta * rot)
        return mixed._replace(
            score=Score(mixed.score.trans + term.trans, mixed.score.rot + term.rot),
            frames=self._shift(rigid, mixed.frames, term, t),
            physical=term,
            energy=gradient.energy,
        )

    def _shift(self, rigid: Rigid, frames: Rigid, term: Score, t: float) -> Rigid:
        """x̂_0 of the score with ``term`` added: Tweedie, and its likeness on tangent vectors."""
        r3, so3 = self.process.r3, self.process.so3
        trans = frames.trans + (r3.variance(t) / (r3.alpha(t) * r3.scale)) * term.trans
        way = so3.log_map(rigid.quat, frames.quat) + so3.sigma(t) ** 2 * term.rot
        return Rigid(so3.exp_map(rigid.quat, way), trans)
