"""The guided score: classifier-free guidance plus physical guidance."""

from __future__ import annotations

import torch

from ..diffusion.se3 import Score
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from .cfg import ClassifierFreeGuidance, ScoreEvaluation
from .physical import PhysicalGuidance
from .schedule import Strength, make_strength, strength_bounds
from .temperature import TemperatureGuidance, check_thermal


class GuidedScore:
    """s = γ s_cond + (1 - γ) s_uncond - η ∇E_t, or both networks at the temperature of η.

    Parameters
    ----------
    cfg : ClassifierFreeGuidance
    physical : PhysicalGuidance, optional
        Estimate of ∇E_t; without it η is 0.
    """

    def __init__(self, cfg: ClassifierFreeGuidance, physical: PhysicalGuidance | None = None):
        self.cfg, self.physical = cfg, physical
        self.process = cfg.process
        if isinstance(physical, TemperatureGuidance):
            for model in (cfg.conditional, cfg.unconditional):
                if model is not None:
                    check_thermal(model)

    def check_gamma(self, gamma: Strength) -> Strength:
        """Return γ if it is finite and the networks can evaluate it.

        Raises
        ------
        SettingsError
            As :meth:`ClassifierFreeGuidance.check_gamma`, also for both ends of a schedule.
        """
        gamma = make_strength(gamma, "γ")
        for value in strength_bounds(gamma):
            self.cfg.check_gamma(value)
        return gamma

    def check_eta(self, eta: Strength) -> Strength:
        """Return η if it is finite, and 0 without physical guidance.

        Raises
        ------
        SettingsError
        """
        eta = make_strength(eta, "η")
        if self.physical is None and any(strength_bounds(eta)):
            raise SettingsError(
                f"η = {max(strength_bounds(eta), key=abs):g} needs physical guidance, and this "
                "run has none. Choose a guidance (`confdiff sample --guidance force`, or "
                "Run(..., physical=ForceGuidance(...))), or set η to 0."
            )
        return eta

    def networks(self, gamma: float, eta: float) -> int:
        """Return the number of networks that one evaluation at γ and η runs."""
        separate = self.physical is not None and not isinstance(self.physical, TemperatureGuidance)
        return self.cfg.networks(gamma) + (separate and eta != 0)

    @torch.inference_mode()
    def __call__(self, rigid: Rigid, t: float, gamma: float, eta: float = 0.0) -> ScoreEvaluation:
        """Evaluate the guided score at x_t, frames (B, L) in Å."""
        if isinstance(self.physical, TemperatureGuidance):
            return self.physical.evaluate(self.cfg, rigid, t, gamma, eta)
        unguided = self.cfg(rigid, t, gamma)
        if eta == 0:
            return unguided
        assert self.physical is not None
        gradient = self.physical(rigid, t)
        rot = torch.zeros_like(gradient.trans) if gradient.rot is None else gradient.rot
        term = Score(-eta * gradient.trans, -eta * rot)
        return unguided._replace(
            score=Score(unguided.score.trans + term.trans, unguided.score.rot + term.rot),
            frames=self._shift(rigid, unguided.frames, term, t),
            physical=term,
            energy=gradient.energy,
        )

    def _shift(self, rigid: Rigid, frames: Rigid, term: Score, t: float) -> Rigid:
        """Return x̂_0 of the score with ``term`` added, by Tweedie's formula.

        For orientations the formula is applied to tangent vectors.
        """
        r3, so3 = self.process.r3, self.process.so3
        trans = frames.trans + (r3.variance(t) / (r3.alpha(t) * r3.scale)) * term.trans
        tangent = so3.log_map(rigid.quat, frames.quat) + so3.sigma(t) ** 2 * term.rot
        return Rigid(so3.exp_map(rigid.quat, tangent), trans)
