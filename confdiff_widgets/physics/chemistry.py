"""Chemical form of a protein chain: protonation states, disulphide bonds and end groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .config import PhysicsError

FORMS: dict[str, dict[str, dict[str, int]]] = {
    # amino acid: {residue of ff14SB: hydrogens on N, O and S of the side chain}
    "A": {"ALA": {}},
    "R": {"ARG": {"NE": 1, "NH1": 2, "NH2": 2}},
    "N": {"ASN": {"ND2": 2}},
    "D": {"ASP": {}, "ASH": {"OD2": 1}},
    "C": {"CYS": {"SG": 1}, "CYM": {}, "CYX": {}},
    "Q": {"GLN": {"NE2": 2}},
    "E": {"GLU": {}, "GLH": {"OE2": 1}},
    "G": {"GLY": {}},
    "H": {"HIE": {"NE2": 1}, "HID": {"ND1": 1}, "HIP": {"ND1": 1, "NE2": 1}},
    "I": {"ILE": {}},
    "L": {"LEU": {}},
    "K": {"LYS": {"NZ": 3}, "LYN": {"NZ": 2}},
    "M": {"MET": {}},
    "F": {"PHE": {}},
    "P": {"PRO": {}},
    "S": {"SER": {"OG": 1}},
    "T": {"THR": {"OG1": 1}},
    "W": {"TRP": {"NE1": 1}},
    "Y": {"TYR": {"OH": 1}},
    "V": {"VAL": {}},
}
"""Forms of the amino acids; the first one is the default."""

LETTERS = {name: letter for letter, forms in FORMS.items() for name in forms}
"""One-letter codes of the residues of ff14SB."""

INTERNAL_ONLY = ("ASH", "CYM", "GLH", "LYN")
"""Forms that ff14SB does not have at a charged terminus."""

CAPS = {"ACE": ("CH3", "C", "O"), "NME": ("N", "C"), "NH2": ("N",)}
"""Heavy atoms of the end groups, by their names in OpenMM."""

MAX_RESIDUES = 5000
"""Longest chain whose energies are computed."""

DISULPHIDE = 3.0
"""Largest distance (Å) of two sulphurs that form a bond, as in OpenMM and mdtraj."""

SULPHUR = 5
"""Index of SG in the atom14 order of cysteine."""


@dataclass(frozen=True)
class Chemistry:
    """Chemical form of a chain of L residues.

    Attributes
    ----------
    residues : tuple of L str
        Residues of ff14SB, for example HID, HIE or HIP for a histidine.
    start, end : str
        End groups: ACE, and NME or NH2; empty for a charged terminus.
    disulphides : tuple of (int, int)
        Bonded cysteines, counted from 0.
    """

    residues: tuple[str, ...]
    start: str = ""
    end: str = ""
    disulphides: tuple[tuple[int, int], ...] = ()

    @classmethod
    def standard(cls, sequence: str) -> Chemistry:
        """Return the form at pH 7 with reduced cysteines, neutral histidines (HIE), charged ends.

        Raises
        ------
        SequenceError
            If the sequence contains an unknown amino acid.
        """
        from ..geometry.residues import check_sequence

        return cls(tuple(next(iter(FORMS[letter])) for letter in check_sequence(sequence)))

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Chemistry:
        """Return the form whose attributes were stored as JSON.

        Raises
        ------
        PhysicsError
            If it is not a form of a protein.
        """
        try:
            pairs = tuple((int(i), int(j)) for i, j in stored["disulphides"])
            return cls(tuple(stored["residues"]), stored["start"], stored["end"], pairs)
        except (KeyError, TypeError, ValueError) as error:
            raise PhysicsError(f"The chemical form {stored} is damaged: {error}.") from error

    def __post_init__(self) -> None:
        unknown = [name for name in self.residues if name not in LETTERS]
        if unknown or not self.residues:
            raise PhysicsError(
                f"Unknown residues {unknown}. Use {', '.join(LETTERS)}, at least one of them."
            )
        if self.start not in ("", "ACE") or self.end not in ("", "NME", "NH2"):
            raise PhysicsError(
                f"Unknown end groups {self.start!r} and {self.end!r}. Use ACE, and NME or NH2."
            )
        bonded = sorted(i for pair in self.disulphides for i in pair)
        if bonded != [i for i, name in enumerate(self.residues) if name == "CYX"]:
            raise PhysicsError(
                f"The disulphide bonds {self.disulphides} do not pair all residues CYX. Give each "
                "of them one partner."
            )

    @property
    def sequence(self) -> str:
        """One-letter sequence without end groups."""
        return "".join(LETTERS[name] for name in self.residues)

    @property
    def caps(self) -> tuple[str, ...]:
        """End groups of the chain, from none to two."""
        return tuple(name for name in (self.start, self.end) if name)

    def with_disulphides(self, pairs: Sequence[tuple[int, int]]) -> Chemistry:
        """Return the form with these cysteines bonded."""
        bonded = {i for pair in pairs for i in pair}
        residues = tuple("CYX" if i in bonded else name for i, name in enumerate(self.residues))
        return Chemistry(residues, self.start, self.end, tuple(pairs))

    def describe(self) -> str:
        """Describe end groups, disulphide bonds and the forms that a sequence does not tell."""
        sequence = self.sequence
        ends = ["charged ends"]
        if self.caps:
            named = ((self.start, "N-terminus"), (self.end, "C-terminus"))
            ends = [f"{cap} at the {name}" if cap else f"charged {name}" for cap, name in named]
        bonds = [f"C{i + 1}–C{j + 1}" for i, j in self.disulphides]
        forms = [
            f"{name} {letter}{i}"
            for i, (name, letter) in enumerate(zip(self.residues, sequence, strict=True), start=1)
            if name in ("HIE", "HID", "HIP", *INTERNAL_ONLY)
        ]
        cysteines = self.residues.count("CYS")
        return ", ".join(
            [
                *ends,
                *([f"disulphide bonds {' '.join(bonds)}"] if bonds else []),
                *([f"{cysteines} reduced cysteines"] if cysteines > 1 else []),
                *forms,
            ]
        )


class Disulphides(NamedTuple):
    """Disulphide bonds of an ensemble."""

    bonds: tuple[tuple[int, int], ...]  # pairs of residues bonded in all conformers
    occasional: dict[tuple[int, int], int]  # other pairs: number of conformers in which they touch


def find_disulphides(atom14: np.ndarray, cysteines: Sequence[int]) -> Disulphides:
    """Find pairs of cysteines whose sulphurs are at a bonded distance in all conformers.

    Parameters
    ----------
    atom14 : array, shape (N, L, 14, 3)
        Heavy atoms, Å.
    cysteines : sequence of int
        Residues that can form a bond.
    """
    sulphurs = atom14[:, list(cysteines), SULPHUR]
    distances = np.linalg.norm(sulphurs[:, :, None] - sulphurs[:, None], axis=-1)
    close = (distances < DISULPHIDE).sum(0)
    pairs = sorted(
        ((i, j) for i in range(len(cysteines)) for j in range(i) if close[i, j]),
        key=lambda pair: distances[:, pair[0], pair[1]].mean(),
    )
    bonds: list[tuple[int, int]] = []
    occasional: dict[tuple[int, int], int] = {}
    bonded: set[int] = set()
    for i, j in pairs:
        pair = (cysteines[j], cysteines[i])
        if close[i, j] == len(atom14) and not bonded & {i, j}:
            bonds.append(pair)
            bonded |= {i, j}
        elif not bonded & {i, j}:
            occasional[pair] = int(close[i, j])
    return Disulphides(tuple(sorted(bonds)), occasional)


def check_forms(chemistry: Chemistry) -> None:
    """Check that ff14SB has the residues at the ends of the chain, and that it is not too long.

    Raises
    ------
    PhysicsError
        For a protonation state that exists within a chain only, or more than `MAX_RESIDUES`.
    """
    if len(chemistry.residues) > MAX_RESIDUES:
        raise PhysicsError(
            f"The chain has {len(chemistry.residues)} residues. Energies are computed of at most "
            f"{MAX_RESIDUES}, because without a cutoff their time grows with the square of the "
            "length. Cut the chain into domains."
        )
    ends = (
        ("N-terminal", chemistry.start, 0),
        ("C-terminal", chemistry.end, len(chemistry.residues) - 1),
    )
    for where, cap, i in ends:
        name = chemistry.residues[i]
        if not cap and name in INTERNAL_ONLY:
            raise PhysicsError(
                f"Residue {i + 1} is {name}, and ff14SB has no {where} {name}. Cap the chain (ACE, "
                "NME), or give the residue in its standard form."
            )
