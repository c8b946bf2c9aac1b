"""Physical guidance: estimates of ∇E_t, the gradient of the intermediate energy (method section 3).

E_t(x_t) = -log E[e^{-E(x_0)} | x_t]; a sampler that subtracts its gradient from the score aims at
the data's distribution times e^{-E}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..geometry.rotations import quat_multiply
from ..models.config import Head
from ..models.network import Prediction, ScoreNetwork
from ..models.structure_module import COORDINATE_SCALE
from ..representations.base import Features


class EnergyGradient(NamedTuple):
    """∇E_t at a batch of conformers, in the units of the score."""

    trans: Tensor  # (B, L, 3), scaled units (1 / (Å · scale))
    rot: Tensor | None = None  # (B, L, 3), body-frame tangent vectors, 1 / radian
    energy: Tensor | None = None  # (B,) E_t itself, up to a constant of t


class PhysicalGuidance(Protocol):
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
    """∇E_t as a head states it, without differentiation.

    A gradient head guides positions and orientations, the published force head positions alone.

    Parameters
    ----------
    network : ScoreNetwork
        With a gradient or a force head.
    features : Features or None
        Representation of the sequence, if the network takes one.
    process : SE3Process, optional
    rotations : bool
        Also guide the orientations, if the head can.

    Raises
    ------
    SettingsError
        For a network without such a head.
    """

    name = "force"
    memory = 1.0

    def __init__(
        self,
        network: ScoreNetwork,
        features: Features | None,
        process: SE3Process | None = None,
        *,
        rotations: bool = True,
    ):
        _check_head(network, ("gradient", "force"))
        self.network, self.features, self.rotations = network, features, rotations
        self.process = process or SE3Process()

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        time = torch.full((rigid.shape[0],), t, device=rigid.trans.device)
        prediction = _predict(self.network, self.features, rigid, time)
        gradient = force_gradient(self.process, prediction, time)
        return gradient if self.rotations else gradient._replace(rot=None)


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
        Also guide the orientations; the published sampler guides positions alone.

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
        rotations: bool = True,
    ):
        _check_head(network, ("energy",))
        self.network, self.features, self.rotations = network, features, rotations
        self.process = process or SE3Process()

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        # tensors that are born in inference mode, as those of a run, can never be differentiated:
        # the mode is left, and the copies are ordinary tensors
        with torch.inference_mode(False):
            rigid = Rigid(rigid.quat.clone(), rigid.trans.clone())
            time = torch.full((rigid.shape[0],), t, device=rigid.trans.device)
            found = differentiate_energy(
                self.process,
                lambda moved: _predict(self.network, self.features, moved, time),
                rigid,
                rotations=self.rotations,
            )
        assert found.energy is not None
        return found._replace(energy=found.energy.detach())


HEADS: dict[str, type[ForceGuidance] | type[EnergyGuidance]] = {
    term.name: term for term in (ForceGuidance, EnergyGuidance)
}
"""The physical terms by their names."""


def physical_guidance(network: ScoreNetwork, features: Features | None) -> PhysicalGuidance:
    """The physical term of a network's head.

    Raises
    ------
    SettingsError
        If the network has none.
    """
    kind = EnergyGuidance if network.config.head == "energy" else ForceGuidance
    return kind(network, features)


def force_gradient(process: SE3Process, prediction: Prediction, t: Tensor) -> EnergyGradient:
    """∇E_t as the gradient or the force head of this package's networks says it, t (B,).

    The gradient head's two vectors are taken times α(t), those of the positions without their
    mean. The two nets of the force head displace the trunk's frames by D_t and D_0; the gradient
    is α(t) [(1 - t) D_0 + t D_t] without its mean. Both are 0 for a new head, and α(t) bounds the
    shift of x̂_0 at high noise.
    """
    time = t[:, None, None]
    alpha = process.r3.alpha(time)
    rot = None
    if prediction.gradient is not None:
        shift, turn = prediction.gradient
        rot = alpha * turn
    else:
        assert prediction.force is not None
        moved = torch.lerp(prediction.force[1], prediction.force[0], time)
        shift = moved - prediction.frames.trans * COORDINATE_SCALE
    return EnergyGradient(alpha * (shift - shift.mean(-2, keepdim=True)), rot)


def differentiate_energy(
    process: SE3Process,
    predict: Callable[[Rigid], Prediction],
    rigid: Rigid,
    *,
    rotations: bool,
    create_graph: bool = False,
) -> EnergyGradient:
    """∇E_t of an energy head by autograd, at frames (B, L) in Å.

    ``create_graph`` keeps what a loss of the gradient needs on its way back.
    """
    with torch.enable_grad():
        trans = rigid.trans.detach().requires_grad_()
        turn = torch.zeros_like(trans, requires_grad=rotations)
        quat = _turned(rigid.quat, turn) if rotations else rigid.quat
        energy = predict(Rigid(quat, trans)).energy
        assert energy is not None
        gradients = torch.autograd.grad(
            energy.sum(), [trans, turn] if rotations else [trans], create_graph=create_graph
        )
    return EnergyGradient(
        trans=gradients[0] / process.r3.scale,
        rot=gradients[1] if rotations else None,
        energy=energy,
    )


def _turned(quat: Tensor, turn: Tensor) -> Tensor:
    """R exp(turn) to first order, which is all that a slope at 0 needs.

    The second derivatives of the exponential map itself are not finite there.
    """
    return quat + quat_multiply(quat, torch.cat([torch.zeros_like(turn[..., :1]), turn / 2], -1))


def _predict(
    network: ScoreNetwork, features: Features | None, rigid: Rigid, time: Tensor
) -> Prediction:
    return network(
        rigid,
        time,
        node_repr=features.node if features else None,
        pair_repr=features.pair if features else None,
    )


def _check_head(network: ScoreNetwork, heads: tuple[Head, ...]) -> None:
    found = network.config.head
    if found not in heads:
        raise SettingsError(
            f"The network has {'no guidance head' if found is None else f'a head for {found}'}; "
            f"{heads[-1]} guidance needs a head for it. `confdiff train` makes one from a recipe "
            f'with a [head] table that says kind = "{heads[0]}".'
        )
