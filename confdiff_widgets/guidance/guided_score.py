"""The guided score: classifier-free guidance plus physical guidance."""

from __future__ import annotations

from typing import cast

import torch

from ..diffusion.se3 import Score, SE3Process
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from .cfg import ClassifierFreeGuidance, ScoreEvaluation
from .physical import HeadGuidance, PhysicalGuidance
from .schedule import Strength, make_strength, strength_bounds
from .temperature import TemperatureGuidance, check_thermal


class GuidedScore:
    """s = γ s_cond + (1 - γ) s_uncond - η ∇E_t, or both networks at the temperature of η.

    Where the guidance head sits on the conditional network, as in published guidance checkpoints,
    one evaluation gives both.

    Parameters
    ----------
    cfg : ClassifierFreeGuidance
    physical : PhysicalGuidance, optional
        Estimate of ∇E_t; without it η is 0.

    Raises
    ------
    SettingsError
        If the networks take no temperature and the guidance needs it, or if the guidance head was
        trained with another forward process.
    """

    def __init__(self, cfg: ClassifierFreeGuidance, physical: PhysicalGuidance | None = None):
        self.cfg, self.physical = cfg, physical
        self.process = cfg.process
        self._shared = _on_conditional(cfg, physical)
        if isinstance(physical, TemperatureGuidance):
            for model in (cfg.conditional, cfg.unconditional):
                if model is not None:
                    check_thermal(model)
        _check_process(cfg.process, getattr(physical, "process", cfg.process))

    @property
    def shares_network(self) -> bool:
        """Whether one evaluation of the conditional network also gives the physical guidance."""
        return self._shared is not None

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
        number = self.cfg.networks(gamma)
        if eta == 0 or isinstance(self.physical, TemperatureGuidance):
            return number
        return number + (self._shared is None or gamma == 0)

    @torch.inference_mode()
    def __call__(self, rigid: Rigid, t: float, gamma: float, eta: float = 0.0) -> ScoreEvaluation:
        """Evaluate the guided score at x_t, frames (B, L) in Å."""
        if isinstance(self.physical, TemperatureGuidance):
            return self.physical.guide(self.cfg, rigid, t, gamma, eta)
        if eta == 0:
            return self.cfg(rigid, t, gamma)
        assert self.physical is not None
        if self._shared is None:
            gradient = self.physical(rigid, t)
            unguided = self.cfg(rigid, t, gamma)
        else:
            gradient, prediction = self._shared.evaluate(rigid, t)
            unguided = self.cfg(rigid, t, gamma, conditional=prediction)
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
        tangent = so3.log_map(rigid.quat, frames.quat) + so3.table_sigma(t) ** 2 * term.rot
        return Rigid(so3.exp_map(rigid.quat, tangent), trans)


def _check_process(network: SE3Process, head: SE3Process) -> None:
    if network.so3.sigma_min != head.so3.sigma_min:
        raise SettingsError(
            f"The guidance head was trained with σ_min = {head.so3.sigma_min:g}, and the network "
            f"with {network.so3.sigma_min:g}. Use a head that was trained on this network."
        )


def _on_conditional(
    cfg: ClassifierFreeGuidance, physical: PhysicalGuidance | None
) -> HeadGuidance | None:
    """Return the physical guidance if its head sits on the conditional network."""
    model = getattr(physical, "model", None)
    if model is None or cfg.conditional is None or not hasattr(physical, "evaluate"):
        return None
    return cast(HeadGuidance, physical) if model.shares_prediction(cfg.conditional) else None
