"""Physical guidance: estimates of ∇E_t, the gradient of the intermediate energy (method section 3).

E_t(x_t) = -log E[e^{-E(x_0)} | x_t]; a sampler that subtracts its gradient from the score aims at
the data's distribution times e^{-E}.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..models.network import Prediction, ScoreNetwork
from ..models.structure_module import COORDINATE_SCALE
from ..representations.base import Features


class EnergyGradient(NamedTuple):
    """∇E_t at a batch of conformers, in the units of the score."""

    trans: Tensor  # (B, L, 3), scaled units (1 / (Å · scale))
    rot: Tensor | None = None  # (B, L, 3), body-frame tangent vectors, 1 / radian
    energy: Tensor | None = None  # (B,) E_t itself, up to a constant of t


class PhysicalTerm(Protocol):
    """An estimate of ∇E_t.

    Attributes
    ----------
    name : str
        Recorded with what it guided.
    memory : float
        Peak memory of an estimate, in evaluations of the score network.
    """

    name: str
    memory: float

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        """Estimate at x_t, frames (B, L) in Å."""
        ...


class ForceGuidance:
    """∇E_t by a force head, on positions alone (as published).

    Parameters
    ----------
    network : ScoreNetwork
        With a force head.
    features : Features or None
        Representation of the sequence, if the network takes one.
    process : SE3Process, optional

    Raises
    ------
    SettingsError
        For a network without a force head.
    """

    name = "force"
    memory = 1.0

    def __init__(
        self, network: ScoreNetwork, features: Features | None, process: SE3Process | None = None
    ):
        _check_head(network, "force")
        self.network, self.features = network, features
        self.process = process or SE3Process()

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        time = torch.full((rigid.shape[0],), t, device=rigid.trans.device)
        prediction = _predict(self.network, self.features, rigid, time)
        return EnergyGradient(force_gradient(self.process, prediction, time))


class EnergyGuidance:
    """∇E_t by differentiating an energy head.

    Parameters
    ----------
    network : ScoreNetwork
        With an energy head.
    features : Features or None
        Representation of the sequence, if the network takes one.
    process : SE3Process, optional
    rotations : bool
        Also guide the orientations.

    Raises
    ------
    SettingsError
        For a network without an energy head.
    """

    name = "energy"
    memory = 3.5  # the trunk's activations wait for the way back; measured at 40 residues

    def __init__(
        self,
        network: ScoreNetwork,
        features: Features | None,
        process: SE3Process | None = None,
        *,
        rotations: bool = False,
    ):
        _check_head(network, "energy")
        self.network, self.features, self.rotations = network, features, rotations
        self.process = process or SE3Process()

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        # tensors that are born in inference mode, as those of a run, can never be differentiated:
        # the mode is left, and the copies are ordinary tensors
        with torch.inference_mode(False), torch.enable_grad():
            trans = rigid.trans.clone().requires_grad_()
            quat = rigid.quat.clone()
            turn = torch.zeros_like(trans, requires_grad=self.rotations)
            if self.rotations:
                quat = self.process.so3.move(quat, turn)
            time = torch.full((rigid.shape[0],), t, device=trans.device)
            energy = _predict(self.network, self.features, Rigid(quat, trans), time).energy
            assert energy is not None
            gradients = torch.autograd.grad(
                energy.sum(), [trans, turn] if self.rotations else [trans]
            )
        return EnergyGradient(
            trans=gradients[0] / self.process.r3.scale,
            rot=gradients[1] if self.rotations else None,
            energy=energy.detach(),
        )


HEADS: dict[str, type[ForceGuidance] | type[EnergyGuidance]] = {
    term.name: term for term in (ForceGuidance, EnergyGuidance)
}
"""The physical terms that a network's head can be, by its name."""


def force_gradient(process: SE3Process, prediction: Prediction, t: Tensor) -> Tensor:
    """∇E_t (B, L, 3), scaled units, as the force head of this package's networks says it.

    The two nets of the head displace the trunk's frames by D_t and D_0; the gradient is
    α(t) [(1 - t) D_0 + t D_t] without its mean. It is 0 for a new head, and α(t) bounds the shift
    of x̂_0 at high noise.
    """
    assert prediction.force is not None
    time = t[:, None, None]
    moved = torch.lerp(prediction.force[1], prediction.force[0], time)
    shift = moved - prediction.frames.trans * COORDINATE_SCALE
    return process.r3.alpha(time) * (shift - shift.mean(-2, keepdim=True))


def _predict(
    network: ScoreNetwork, features: Features | None, rigid: Rigid, time: Tensor
) -> Prediction:
    return network(
        rigid,
        time,
        node_repr=features.node if features else None,
        pair_repr=features.pair if features else None,
    )


def _check_head(network: ScoreNetwork, head: str) -> None:
    found = network.config.head
    if found != head:
        raise SettingsError(
            f"The network has {'no guidance head' if found is None else f'a head for {found}'}; "
            f"{head} guidance needs a head for it. `confdiff train` makes one from a recipe with "
            f'a [head] table that says kind = "{head}".'
        )
