"""Losses of the score network (method sections 1 and 2; auxiliary terms as published).

Every term is averaged over residues and the batch. The auxiliary terms apply at small t, where the
predicted structure is precise enough for its local geometry to be meaningful.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..geometry.atom14 import BACKBONE, build_atom14
from ..geometry.rigid import Rigid
from ..models.score_model import Prediction
from ..ranges import Range

WEIGHT, POSITIVE = Range(0, 1e6), Range(0, 1e6, above=True)
"""Ranges of the weights, and of the settings that divide."""

DIVISORS = ("data_std", "peptide_t", "contact_t")

CONTACT = 3.0
"""Distance in Å below which non-bonded backbone atoms count; hydrogen bonds have 2.7 to 3."""

TINY = 1e-6
"""Smallest squared distance in Å²: the gradient of a square root has no value at 0."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms.

    Attributes
    ----------
    trans, rot : float
        Denoising score matching, each divided by the mean square of the score.
    data_std : float
        Standard deviation σ_d of a CA coordinate in the data, Å. With σ = √variance / α, the
        translation loss is multiplied by 1 + σ² / σ_d², which gives all t similar weight (Karras et
        al. 2022, arXiv 2206.00364). Without it, the times at which the fold forms have little.
    backbone : float
        Squared error of N, CA, C, O (Å²) for t < ``backbone_t``.
    peptide : float
        Squared relative error of the distances within a peptide unit, damped by
        1 / (1 + (t / ``peptide_t``)²). It keeps bond lengths and angles right at the end of a run.
        Flexible distances are left out, because their mean differs from the distances of the mean
        structure and would bias the prediction away from the posterior mean.
    contact : float
        Square (Å²) of how much closer than in the data backbone atoms of residues with |i - j| ≥ 2
        are, up to ``CONTACT``, damped by 1 / (1 + (t / ``contact_t``)²); a sum over pairs, for each
        residue. It keeps the chain from passing through itself.
    torsion : float
        Squared chord length between predicted and true torsions.
    """

    trans: float = 1.0
    rot: float = 0.5
    data_std: float = math.inf
    backbone: float = 0.05
    backbone_t: float = 0.25
    peptide: float = 150.0
    peptide_t: float = 0.05
    contact: float = 0.0
    contact_t: float = 0.05
    torsion: float = 0.25

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "data_std" or value != math.inf:
                allowed = POSITIVE if field.name in DIVISORS else WEIGHT
                object.__setattr__(self, field.name, allowed.check(value, field.name))


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
    """Return the total loss and its terms (0-dimensional tensors).

    ``rigid_*`` are (B, L), ``t`` (B,), ``torsions`` (B, L, 7, 2), ``torsion_mask`` (L, 7),
    ``backbone`` (B, L, 4, 3) in Å, ``aatype`` (L,).
    """
    score = process.score(rigid_t, prediction.frames.center(), t)
    target = process.score(rigid_t, rigid_0, t)
    variance, alpha = process.r3.variance(t), process.r3.alpha(t)
    trans = ((score.trans - target.trans) ** 2).mean((1, 2)) * variance
    trans = trans * (1 + variance / (alpha * weights.data_std * process.r3.scale) ** 2)
    rot = ((score.rot - target.rot) ** 2).mean((1, 2)) / process.so3.score_scaling(t) ** 2

    near = (t < weights.backbone_t).to(t.dtype)
    atoms = build_atom14(prediction.frames.center(), prediction.side_chains, aatype)[
        ..., BACKBONE, :
    ]
    position = ((atoms - backbone) ** 2).sum(-1).mean((1, 2)) * near
    peptide = _peptide_error(atoms, backbone) / (1 + (t / weights.peptide_t) ** 2)
    contact = _contact_error(atoms, backbone) / (1 + (t / weights.contact_t) ** 2)
    chord = ((prediction.side_chains - torsions) ** 2).sum(-1)
    torsion = (chord * torsion_mask).sum((1, 2)) / torsion_mask.sum()

    terms = {
        "trans": trans.mean(),
        "rot": rot.mean(),
        "backbone": position.mean(),
        "peptide": peptide.mean(),
        "contact": contact.mean(),
        "torsion": torsion.mean(),
    }
    total = torch.stack([getattr(weights, name) * value for name, value in terms.items()]).sum()
    return total, terms


def _peptide_error(atoms: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared relative error (B,) of distances across the peptide bond.

    CA, C, O of a residue to N, CA of the next: the six distances are nearly rigid.
    """

    def distances(backbone: Tensor) -> Tensor:  # (B, L - 1, 3, 2)
        return torch.cdist(backbone[:, :-1, 1:4], backbone[:, 1:, 0:2])

    true = distances(target)
    return ((distances(atoms) / true - 1) ** 2).mean((1, 2, 3))


def _contact_error(atoms: Tensor, target: Tensor) -> Tensor:
    """Return the squared penetration (B,) of backbone atoms, Å², summed over pairs, per residue."""
    batch, length = atoms.shape[:2]
    residue = torch.arange(length, device=atoms.device).repeat_interleave(atoms.shape[2])
    i, j = torch.nonzero(residue[None] - residue[:, None] >= 2, as_tuple=True)

    def distances(backbone: Tensor) -> Tensor:  # (B, pairs)
        points = backbone.reshape(batch, -1, 3)
        return (points[:, i] - points[:, j]).square().sum(-1).clamp_min(TINY).sqrt()

    allowed = distances(target).clamp_max(CONTACT)
    return (allowed - distances(atoms)).relu().square().sum(1) / length
