"""Conversion between backbone frames with torsions and heavy atoms.

Torsions are omega of the preceding peptide bond, phi, psi and chi 1 to 4, as unit (sin, cos) pairs.
As in AlphaFold, psi is measured from the carbonyl oxygen. Atoms are in atom14 order, in Å.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .residues import encode_sequence, residue_tables
from .rigid import Rigid

BACKBONE = slice(0, 4)
"""N, CA, C, O in atom14 order."""


def build_atom14(frames: Rigid, torsions: Tensor, aatype: Tensor) -> Tensor:
    """Build heavy atoms from backbone frames and torsions.

    Parameters
    ----------
    frames : Rigid, shape (..., L)
        Backbone frames, Å.
    torsions : Tensor, shape (..., L, 7, 2)
        Unit (sin, cos) pairs.
    aatype : Tensor, shape (L,) or (..., L)
        Amino-acid indices.

    Returns
    -------
    Tensor, shape (..., L, 14, 3)
        Positions in Å; absent atoms are 0.
    """
    tables = residue_tables()
    aatype_cpu = aatype.cpu()

    def lookup(table: Tensor) -> Tensor:
        chosen = table[aatype_cpu].to(torsions.device)
        return chosen.to(torsions.dtype) if chosen.is_floating_point() else chosen

    local = _group_frames(lookup(tables.default_frames), torsions)
    group = lookup(tables.atom_group)
    group = group.expand(*torsions.shape[:-2], 14)[..., None, None].expand(
        *torsions.shape[:-2], 14, 3, 4
    )
    per_atom = local[..., :3, :].gather(-3, group)
    in_frame = (per_atom[..., :3] @ lookup(tables.atom_position)[..., None]).squeeze(-1)
    in_frame = in_frame + per_atom[..., 3]
    positions = in_frame @ frames.rotmats.transpose(-1, -2) + frames.trans[..., None, :]
    return positions * lookup(tables.atom_mask)[..., None]


def _group_frames(default: Tensor, torsions: Tensor) -> Tensor:
    """Compute the affine matrices (..., L, 8, 4, 4) of rigid groups in the backbone frame."""
    sin, cos = torsions.unbind(-1)
    rotation = torch.zeros(*torsions.shape[:-2], 8, 4, 4, dtype=sin.dtype, device=sin.device)
    rotation[..., 0, 0] = rotation[..., 3, 3] = 1
    rotation[..., 0, 1, 1] = rotation[..., 0, 2, 2] = 1
    rotation[..., 1:, 1, 1] = rotation[..., 1:, 2, 2] = cos
    rotation[..., 1:, 1, 2] = -sin
    rotation[..., 1:, 2, 1] = sin
    frames = list((default @ rotation).unbind(-3))
    for k in (5, 6, 7):
        frames[k] = frames[k - 1] @ frames[k]
    return torch.stack(frames, dim=-3)


def planar_side_chains(batch: int, length: int) -> Tensor:
    """Return side chains (B, L, 7, 2) with all torsions 0, for backbones without torsions."""
    torsions = torch.zeros(batch, length, 7, 2)
    torsions[..., 1] = 1.0
    return torsions


class FramesAndTorsions(NamedTuple):
    """Backbone frames and torsions of heavy atoms, the input of :func:`build_atom14`."""

    frames: Rigid  # (..., L)
    torsions: Tensor  # (..., L, 7, 2) unit (sin, cos)
    torsion_mask: Tensor  # (..., L, 7) whether each torsion is defined


def frames_and_torsions(atom14: Tensor, atom_mask: Tensor, aatype: Tensor) -> FramesAndTorsions:
    """Measure backbone frames and torsions of heavy atoms, the inverse of :func:`build_atom14`.

    Parameters
    ----------
    atom14 : Tensor, shape (..., L, 14, 3)
        Positions, Å.
    atom_mask : Tensor, shape (..., L, 14)
        Whether each atom is present. N, CA and C are required.
    aatype : Tensor, shape (L,)
        Amino-acid indices.
    """
    tables = residue_tables()
    n, ca, c, o = (atom14[..., i, :] for i in range(4))
    has_n, has_ca, has_c, has_o = (atom_mask[..., i] for i in range(4))
    omega = _pad_first(_dihedral(ca[..., :-1, :], c[..., :-1, :], n[..., 1:, :], ca[..., 1:, :]))
    phi = _pad_first(_dihedral(c[..., :-1, :], n[..., 1:, :], ca[..., 1:, :], c[..., 1:, :]))
    psi = -_dihedral(n, ca, c, o)  # the oxygen is opposite to the next nitrogen
    before = torch.zeros_like(has_c)
    before[..., 1:] = has_c[..., :-1]

    chi_atoms = tables.chi_atoms[aatype.cpu()].to(atom14.device)
    index = chi_atoms.reshape(*chi_atoms.shape[:-2], 16)
    index = index.expand(*atom14.shape[:-2], 16)
    points = atom14.gather(-2, index[..., None].expand(*index.shape, 3)).unflatten(-2, (4, 4))
    chi = _dihedral(*points.unbind(-2))
    has_chi = atom_mask.gather(-1, index).unflatten(-1, (4, 4)).all(-1)
    has_chi = has_chi & tables.chi_mask[aatype.cpu()].to(atom14.device)

    backbone = has_n & has_ca & has_c
    mask = torch.cat(
        [torch.stack([before & backbone, before & backbone, backbone & has_o], -1), has_chi], -1
    )
    torsions = torch.cat([torch.stack([omega, phi, psi], dim=-2), chi], dim=-2)
    undefined = torch.tensor([0.0, 1.0], dtype=torsions.dtype, device=torsions.device)
    torsions = torch.where(mask[..., None], torsions, undefined)
    return FramesAndTorsions(Rigid.from_backbone(n, ca, c), torsions, mask)


def backbone_frames(atom14: Tensor, atom_mask: Tensor, sequence: str) -> Rigid:
    """Measure the frames (L,) of one structure from atoms (L, 14, 3) in Å and mask (L, 14)."""
    return frames_and_torsions(atom14[None], atom_mask[None], encode_sequence(sequence)).frames[0]


def _dihedral(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """Compute (sin, cos) of the dihedral a-b-c-d (IUPAC sign), or (0, 1) if undefined."""
    axis = c - b
    first = torch.linalg.cross(b - a, axis, dim=-1)
    second = torch.linalg.cross(axis, d - c, dim=-1)
    length = torch.linalg.vector_norm(axis, dim=-1)
    sin = length * ((b - a) * second).sum(-1)
    cos = (first * second).sum(-1)
    pair = torch.stack([sin, cos], dim=-1)
    norm = torch.linalg.vector_norm(pair, dim=-1, keepdim=True)
    default = torch.tensor([0.0, 1.0], dtype=pair.dtype, device=pair.device)
    return torch.where(norm > 1e-8, pair / norm.clamp_min(1e-8), default)


def _pad_first(pair: Tensor) -> Tensor:
    first = torch.zeros_like(pair[..., :1, :])
    first[..., 1] = 1
    return torch.cat([first, pair], dim=-2)
