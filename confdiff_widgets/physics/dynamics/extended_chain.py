"""Build the heavy atoms of an extended chain from its sequence."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ...geometry.atom14 import build_atom14
from ...geometry.residues import encode_sequence
from ...geometry.rigid import Rigid

C_N, N_CA, CA_C = 1.329, 1.458, 1.525
"""Bond lengths (Å), Engh and Huber, Acta Cryst. A47, 392 (1991)."""

CA_C_N, C_N_CA, N_CA_C = 116.2, 121.7, 111.0
"""Bond angles, degrees."""

PHI, PROLINE_PHI, PSI, OMEGA = -135.0, -65.0, 135.0, 180.0
"""Torsions of an extended chain with trans peptides, degrees."""

CHI = (-60.0, 180.0, 180.0, 180.0)

CHI_OF = {"P": (-25.0, 36.0, 0.0, 0.0), **dict.fromkeys("FYWH", (-60.0, 90.0, 0.0, 0.0)),
          **dict.fromkeys("DN", (-60.0, 0.0, 0.0, 0.0))}  # fmt: skip
"""Side-chain torsions: closed rings of proline, and the usual ones of planar groups."""


def extended_chain(sequence: str) -> NDArray[np.float64]:
    """Return the heavy atoms (L, 14, 3) of an extended chain of L residues, Å."""
    phi = [PROLINE_PHI if letter == "P" else PHI for letter in sequence]
    atoms = [np.array([0.0, 0.0, 0.0]), np.array([N_CA, 0.0, 0.0])]
    bend = np.radians(180 - N_CA_C)
    atoms.append(atoms[1] + CA_C * np.array([np.cos(bend), np.sin(bend), 0.0]))
    for i in range(1, len(sequence)):
        for length, angle, torsion in (
            (C_N, CA_C_N, PSI), (N_CA, C_N_CA, OMEGA), (CA_C, N_CA_C, phi[i])
        ):  # fmt: skip
            atoms.append(_next_atom(atoms[-3:], length, angle, torsion))
    n, ca, c = torch.from_numpy(np.array(atoms).reshape(len(sequence), 3, 3)).unbind(1)
    degrees = [(OMEGA, first, PSI, *CHI_OF.get(letter, CHI))
               for letter, first in zip(sequence, phi, strict=True)]  # fmt: skip
    angles = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    torsions = torch.stack([angles.sin(), angles.cos()], dim=-1)
    frames = Rigid.from_backbone(n, ca, c)
    return build_atom14(frames, torsions, encode_sequence(sequence)).numpy()


def _next_atom(
    before: list[NDArray[np.float64]], length: float, angle: float, torsion: float
) -> NDArray[np.float64]:
    """Place an atom by its bond length, angle (degrees) and torsion (degrees) to three others."""
    a, b, c = before
    along = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, along)
    normal /= np.linalg.norm(normal)
    theta, tau = np.radians([180 - angle, torsion])
    local = length * np.array(
        [np.cos(theta), np.sin(theta) * np.cos(tau), np.sin(theta) * np.sin(tau)]
    )
    return c + local @ np.array([along, np.cross(normal, along), normal])
