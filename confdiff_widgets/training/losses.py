"""Losses of the score network (method sections 1 and 2; auxiliary terms as published).

Every term is averaged over residues and the batch. The auxiliary terms act at small t, where the
predicted structure is sharp enough for local geometry to mean something.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..geometry.atom14 import BACKBONE, build_atom14
from ..geometry.rigid import Rigid
from ..models.network import Prediction


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms.

    Attributes
    ----------
    trans, rot : float
        Denoising score matching, each divided by the score's mean square.
    backbone : float
        Squared error of N, CA, C, O (Å²), t < ``auxiliary_t``.
    distance : float
        Squared relative error of distances below 6 Å between backbone atoms of different
        residues, t < ``auxiliary_t``: holds bond lengths and angles.
    torsion : float
        Squared chord of the torsions.
    """

    trans: float = 1.0
    rot: float = 0.5
    backbone: float = 0.25
    distance: float = 10.0
    torsion: float = 0.25
    auxiliary_t: float = 0.25


def score_matching_loss(
    process: SE3Process,
    weights: LossWeights,
    prediction: Prediction,
    *,
    rigid_t: Rigid,
    rigid_0: Rigid,
    t: Tensor,
    torsions: Tensor,
    torsion_mask: Tensor,
    backbone: Tensor,
    aatype: Tensor,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Total loss and its terms (0-dimensional tensors).

    ``rigid_*`` are (B, L), ``t`` (B,), ``torsions`` (B, L, 7, 2), ``torsion_mask`` (L, 7),
    ``backbone`` (B, L, 4, 3) in Å, ``aatype`` (L,).
    """
    score = process.score(rigid_t, prediction.frames.center(), t)
    target = process.score(rigid_t, rigid_0, t)
    trans = ((score.trans - target.trans) ** 2).mean((1, 2)) * process.r3.variance(t)
    rot = ((score.rot - target.rot) ** 2).mean((1, 2)) / process.so3.score_scaling(t) ** 2

    near = (t < weights.auxiliary_t).to(t.dtype)
    atoms = build_atom14(prediction.frames.center(), prediction.torsions, aatype)[..., BACKBONE, :]
    position = ((atoms - backbone) ** 2).sum(-1).mean((1, 2)) * near
    distance = _distance_error(atoms, backbone) * near
    chord = ((prediction.torsions - torsions) ** 2).sum(-1)
    torsion = (chord * torsion_mask).sum((1, 2)) / torsion_mask.sum()

    terms = {
        "trans": trans.mean(),
        "rot": rot.mean(),
        "backbone": position.mean(),
        "distance": distance.mean(),
        "torsion": torsion.mean(),
    }
    total = torch.stack([getattr(weights, name) * value for name, value in terms.items()]).sum()
    return total, terms


def _distance_error(atoms: Tensor, target: Tensor, cutoff: float = 6.0) -> Tensor:
    """Mean squared relative error (B,) of inter-residue distances below the cutoff."""
    length, per_residue = atoms.shape[1:3]
    residue = torch.arange(length, device=atoms.device).repeat_interleave(per_residue)
    i, j = torch.triu_indices(len(residue), len(residue), 1, device=atoms.device)
    between = residue[i] != residue[j]
    i, j = i[between], j[between]
    atoms, target = atoms.flatten(1, 2), target.flatten(1, 2)
    true = torch.linalg.vector_norm(target[:, i] - target[:, j], dim=-1)
    found = torch.linalg.vector_norm(atoms[:, i] - atoms[:, j], dim=-1)
    close = true < cutoff
    error = ((found - true) / true) ** 2
    return (error * close).sum(-1) / close.sum(-1).clamp_min(1)
