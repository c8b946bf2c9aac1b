"""Physical guidance: estimates of ∇E_t, the gradient of the intermediate energy (method section 3).

E_t(x_t) = -log E[e^{-E(x_0)} | x_t]. A sampler that subtracts ∇E_t from the score samples the data
distribution times e^{-E}.
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
from ..models.score_model import Prediction, ScoreModel
from ..models.structure_module import COORDINATE_SCALE

ENERGY_MEMORY = {"cpu": 11.0, "other": 3.5}
"""Peak memory of the gradient of an energy head, in units of an evaluation on the same device."""


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
        Name of the guidance kind, recorded with the ensemble.
    memory : float
        Peak memory of one evaluation, in units of an evaluation of the score network.
    model : ScoreModel or None
        Model with the guidance head; None for a gradient that needs no model.
    """

    name: str
    memory: float

    @property
    def model(self) -> ScoreModel | None: ...

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        """Estimate ∇E_t at x_t, frames (B, L) in Å."""
        ...


class HeadGuidance(PhysicalGuidance, Protocol):
    """An estimate of ∇E_t by a head of a score network."""

    def evaluate(self, rigid: Rigid, t: float) -> tuple[EnergyGradient, Prediction]:
        """Estimate ∇E_t at x_t, and return the prediction of the network below the head."""
        ...


class ForceGuidance:
    """∇E_t predicted by a head, without differentiation.

    A gradient head guides positions and orientations, a published force head positions only.

    Parameters
    ----------
    model : ScoreModel
        A model with a gradient or a force head.
    rotations : bool
        Whether to guide orientations too, where the head predicts them.

    Raises
    ------
    SettingsError
        If the model has no such head.
    """

    name = "force"
    memory = 1.0

    def __init__(self, model: ScoreModel, *, rotations: bool = True):
        _check_head(model, ("gradient", "force"))
        self.model, self.rotations = model, rotations
        self.process = model.process

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        return self.evaluate(rigid, t)[0]

    def evaluate(self, rigid: Rigid, t: float) -> tuple[EnergyGradient, Prediction]:
        prediction = self.model(rigid, t)
        time = torch.full((rigid.shape[0],), t, device=rigid.trans.device)
        gradient = force_gradient(self.process, prediction, time)
        return gradient if self.rotations else gradient._replace(rot=None), prediction


class EnergyGuidance:
    """∇E_t by automatic differentiation of an energy head.

    Parameters
    ----------
    model : ScoreModel
        A model with an energy head.
    rotations : bool
        Whether to guide orientations too; the published sampler guides positions only.

    Raises
    ------
    SettingsError
        If the model has no energy head.
    """

    name = "energy"

    def __init__(self, model: ScoreModel, *, rotations: bool = True):
        _check_head(model, ("energy",))
        # Activations are kept for the backward pass, also where an evaluation is tiled.
        self.memory = ENERGY_MEMORY["cpu" if model.device.type == "cpu" else "other"]
        self.model, self.rotations = model, rotations
        self.process = model.process

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        return self.evaluate(rigid, t)[0]

    def evaluate(self, rigid: Rigid, t: float) -> tuple[EnergyGradient, Prediction]:
        predictions: list[Prediction] = []

        def predict(moved: Rigid) -> Prediction:
            predictions.append(self.model(moved, t))
            return predictions[0]

        # Tensors created in inference mode, such as those of a run, cannot be differentiated:
        # leave the mode and differentiate ordinary copies.
        with torch.inference_mode(False):
            rigid = Rigid(rigid.quat.clone(), rigid.trans.clone())
            found = differentiate_energy(self.process, predict, rigid, rotations=self.rotations)
        assert found.energy is not None
        return found._replace(energy=found.energy.detach()), predictions[0].detach()


def force_gradient(process: SE3Process, prediction: Prediction, t: Tensor) -> EnergyGradient:
    """Return ∇E_t predicted by the gradient or force head of a network, t (B,).

    The gradient head's two vectors are multiplied by α(t), and the mean over residues is
    subtracted from those of the positions. The two nets of the force head displace the trunk's
    frames by D_t and D_0; the gradient is α(t) [(1 - t) D_0 + t D_t] minus its mean. Both are 0
    for a new head, and α(t) bounds the change of x̂_0 at high noise.
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
    """Differentiate an energy head at frames (B, L) in Å.

    ``create_graph`` keeps the graph, so that a loss of the gradient can be differentiated.
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
    """Return R exp(turn) to first order, which is sufficient for the gradient at 0.

    The second derivatives of the exponential map are not finite there.
    """
    return quat + quat_multiply(quat, torch.cat([torch.zeros_like(turn[..., :1]), turn / 2], -1))


def _check_head(model: ScoreModel, heads: tuple[str, ...]) -> None:
    found = model.head
    if found in heads:
        return
    article = "an" if found == "energy" else "a"
    raise SettingsError(
        f"The network has {'no guidance head' if found is None else f'{article} {found} head'}; "
        f"{heads[-1]} guidance needs another head. Train one with `confdiff train` and a recipe "
        f'with a [head] table and kind = "{heads[0]}".'
    )
