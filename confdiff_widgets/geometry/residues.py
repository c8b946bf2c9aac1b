"""Names, atoms and rigid groups of the twenty amino acids.

``rigid_groups.csv`` contains the literature positions of AlphaFold (Jumper et al. 2021, supplement
1.8.4): for each heavy atom, its rigid group (0 backbone, 3 psi, 4 to 7 chi 1 to 4) and its position
in that group in Å. Within a residue, rows are in atom14 order.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import UserError

LETTERS = "ARNDCQEGHILKMFPSTWYV"
"""One-letter codes in the order of their indices."""

NAMES = (
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE",
    "LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL",
)  # fmt: skip

LETTER_OF_NAME = dict(zip(NAMES, LETTERS, strict=True)) | {
    # names of protonation states and disulphides in force fields
    "HID": "H", "HIE": "H", "HIP": "H", "HIH": "H",
    "HSD": "H", "HSE": "H", "HSP": "H", "HSH": "H",
    "CYX": "C", "CYM": "C", "ASH": "D", "GLH": "E", "LYN": "K", "MSE": "M",
}  # fmt: skip

CHI_ATOMS = {
    "ARG": ("N CA CB CG", "CA CB CG CD", "CB CG CD NE", "CG CD NE CZ"),
    "ASN": ("N CA CB CG", "CA CB CG OD1"),
    "ASP": ("N CA CB CG", "CA CB CG OD1"),
    "CYS": ("N CA CB SG",),
    "GLN": ("N CA CB CG", "CA CB CG CD", "CB CG CD OE1"),
    "GLU": ("N CA CB CG", "CA CB CG CD", "CB CG CD OE1"),
    "HIS": ("N CA CB CG", "CA CB CG ND1"),
    "ILE": ("N CA CB CG1", "CA CB CG1 CD1"),
    "LEU": ("N CA CB CG", "CA CB CG CD1"),
    "LYS": ("N CA CB CG", "CA CB CG CD", "CB CG CD CE", "CG CD CE NZ"),
    "MET": ("N CA CB CG", "CA CB CG SD", "CB CG SD CE"),
    "PHE": ("N CA CB CG", "CA CB CG CD1"),
    "PRO": ("N CA CB CG", "CA CB CG CD"),
    "SER": ("N CA CB OG",),
    "THR": ("N CA CB OG1",),
    "TRP": ("N CA CB CG", "CA CB CG CD1"),
    "TYR": ("N CA CB CG", "CA CB CG CD1"),
    "VAL": ("N CA CB CG1",),
}
"""The four atoms of each chi angle, by residue name."""


class SequenceError(UserError, ValueError):
    """A sequence that is not a protein of the twenty amino acids."""


def check_sequence(sequence: str) -> str:
    """Check a sequence and return it in upper case without white space.

    Raises
    ------
    SequenceError
        If it is empty or contains a letter other than the twenty amino acids.
    """
    sequence = "".join(sequence.split()).upper()
    if not sequence:
        raise SequenceError("The sequence is empty. Give at least one amino acid, e.g. YYDPETGTWY.")
    unknown = [(i + 1, c) for i, c in enumerate(sequence) if c not in LETTERS]
    if unknown:
        where = ", ".join(f"{c!r} at position {i}" for i, c in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise SequenceError(
            f"Unknown amino acid {where}{more}. Use the one-letter codes {LETTERS}; "
            "replace modified residues with the standard amino acid."
        )
    return sequence


def encode_sequence(sequence: str) -> Tensor:
    """Encode a sequence as amino-acid indices (L,), int64, in the order of ``LETTERS``."""
    return torch.tensor([LETTERS.index(c) for c in check_sequence(sequence)])


class ResidueTables(NamedTuple):
    """Constants indexed by amino acid (20 rows), Å."""

    default_frames: Tensor  # (20, 8, 4, 4) frame of each group in its parent at torsion 0
    atom_group: Tensor  # (20, 14) rigid group of each atom
    atom_position: Tensor  # (20, 14, 3) position in its group
    atom_mask: Tensor  # (20, 14) whether each atom exists
    chi_atoms: Tensor  # (20, 4, 4) atom14 indices of each chi angle
    chi_mask: Tensor  # (20, 4) whether each chi angle exists


@cache
def atom_names() -> dict[str, tuple[str, ...]]:
    """Return the names of the heavy atoms of each residue, in atom14 order."""
    names: dict[str, list[str]] = {}
    for row in _rows():
        names.setdefault(row["residue"], []).append(row["atom"])
    return {residue: tuple(atoms) for residue, atoms in names.items()}


@cache
def residue_tables() -> ResidueTables:
    """Return the tables of the twenty residues as float64, int64 and bool tensors on the CPU."""
    tables = ResidueTables(
        default_frames=torch.eye(4, dtype=torch.float64).repeat(20, 8, 1, 1),
        atom_group=torch.zeros(20, 14, dtype=torch.int64),
        atom_position=torch.zeros(20, 14, 3, dtype=torch.float64),
        atom_mask=torch.zeros(20, 14, dtype=torch.bool),
        chi_atoms=torch.zeros(20, 4, 4, dtype=torch.int64),
        chi_mask=torch.zeros(20, 4, dtype=torch.bool),
    )
    for row in _rows():
        i = NAMES.index(row["residue"])
        j = atom_names()[row["residue"]].index(row["atom"])
        tables.atom_group[i, j] = int(row["group"])
        tables.atom_position[i, j] = torch.tensor([float(row[k]) for k in "xyz"])
        tables.atom_mask[i, j] = True
    for i, name in enumerate(NAMES):
        position = dict(zip(atom_names()[name], tables.atom_position[i], strict=False))
        minus_x = torch.tensor([-1.0, 0.0, 0.0], dtype=torch.float64)
        tables.default_frames[i, 2] = _frame(position["N"], -minus_x, position["N"])
        tables.default_frames[i, 3] = _frame(position["C"], -position["N"], position["C"])
        for k, chi in enumerate(CHI_ATOMS.get(name, ())):
            atoms = chi.split()
            tables.chi_mask[i, k] = True
            tables.chi_atoms[i, k] = torch.tensor([atom_names()[name].index(a) for a in atoms])
            first, axis_start, axis_end = (position[a] for a in atoms[:3])
            tables.default_frames[i, 4 + k] = (
                _frame(axis_end - axis_start, first - axis_start, axis_end)
                if k == 0
                else _frame(axis_end, minus_x, axis_end)
            )
    return tables


def _rows() -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("rigid_groups.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


def _frame(x: Tensor, y: Tensor, origin: Tensor) -> Tensor:
    """Build an affine matrix (4, 4) with the x axis along ``x`` and ``y`` in the xy plane."""
    x = x / x.norm()
    y = y - (y @ x) * x
    y = y / y.norm()
    frame = torch.eye(4, dtype=torch.float64)
    frame[:3] = torch.stack([x, y, torch.linalg.cross(x, y), origin], dim=-1)
    return frame
