"""Read the chemical form of a protein chain from the residues and hydrogens of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from ..geometry.residues import LETTER_OF_NAME, LETTERS, NAMES, atom_names
from ..geometry.structure import ANGSTROM_PER_NM, atom_indices
from .chemistry import CAPS, FORMS, Chemistry
from .config import PhysicsError

if TYPE_CHECKING:
    import mdtraj
    from mdtraj.core.topology import Residue

FORM_OF_NAME = {
    "HSD": "HID", "HSE": "HIE", "HSP": "HIP", "HIH": "HIP", "HSH": "HIP",
    **{name: name for forms in FORMS.values() for name in forms if name not in NAMES},
}  # fmt: skip
"""Residues of ff14SB by the names of residues that state their form."""

CAP_NAMES = {"ACE": "ACE", "NME": "NME", "NH2": "NH2", "NHE": "NH2"}

CAP_ALIASES = {"CH3": ("CH3", "CA"), "C": ("C", "CH3", "CA"), "O": ("O",), "N": ("N",)}
"""Names of the heavy atoms of end groups in files, by their names in OpenMM."""

BACKBONE = ("N", "CA", "C", "O", "OXT")

COVALENT = 1.9
"""Largest distance (Å) of bonded heavy atoms, shorter than the bond of a metal ion."""

LONGEST_H_BOND = 1.5
"""Largest distance (Å) of a hydrogen from its heavy atom."""


class CapAtoms(NamedTuple):
    """Atoms of an end group in a topology."""

    name: str
    anchor: int  # atom of the chain that it is bonded to
    atoms: tuple[int, ...]  # in the order of CAPS


class FileChemistry(NamedTuple):
    """Chemical form of the chain in a file; disulphide bonds are found from all its frames."""

    chemistry: Chemistry
    caps: tuple[CapAtoms, ...]
    cysteines: tuple[int, ...]  # that could be bonded
    bonded: tuple[int, ...]  # those of them that the file calls bonded
    notes: tuple[str, ...]


def read_chemistry(first: mdtraj.Trajectory, residues: Sequence[Residue]) -> FileChemistry:
    """Read the chemical form of a chain.

    Parameters
    ----------
    first : Trajectory
        The first frame, with all atoms of the file.
    residues : sequence of Residue
        The chain.

    Raises
    ------
    PhysicsError
        If ff14SB does not have the form that the file states.
    """
    hydrogens = _bonded_hydrogens(first, residues)
    caps = _find_caps(first, residues)
    start = next((cap.name for cap in caps if cap.name == "ACE"), "")
    end = next((cap.name for cap in caps if cap.name != "ACE"), "")
    forms, cysteines, bonded = [], [], []
    for i, (residue, counts) in enumerate(zip(residues, hydrogens, strict=True)):
        _check_atoms(residue, last=i == len(residues) - 1 and not end)
        form, may_bond = _form(residue, counts)
        forms.append("CYM" if form == "CYX" else form)  # until its partner is found
        cysteines += [i] * may_bond
        bonded += [i] * (form == "CYX")
    chain = {residue.index for residue in residues}
    chain |= {first.topology.atom(cap.atoms[0]).residue.index for cap in caps}
    others = [r for r in first.topology.residues if r.index not in chain]
    _check_bonds(first, chain, residues, caps)
    notes = _notes(residues, hydrogens, others, start, end)
    return FileChemistry(
        Chemistry(tuple(forms), start, end), caps, tuple(cysteines), tuple(bonded), notes
    )


# --- residues -----------------------------------------------------------------------------------


def _bonded_hydrogens(
    first: mdtraj.Trajectory, residues: Sequence[Residue]
) -> list[dict[str, int]]:
    """Count the hydrogens on each heavy atom of each residue, by the nearest atom."""
    import mdtraj

    counts = []
    for residue in residues:
        heavy = [(name, i) for name, i in atom_indices(residue).items()
                 if _is_heavy(first.topology.atom(i))]  # fmt: skip
        hydrogens = [atom.index for atom in residue.atoms if _is_hydrogen(atom)]
        found: Counter[str] = Counter()
        if hydrogens:
            pairs = list(product(hydrogens, [i for _, i in heavy]))
            distances = mdtraj.compute_distances(first, pairs)[0] * ANGSTROM_PER_NM
            distances = distances.reshape(len(hydrogens), len(heavy))
            for row in distances[distances.min(1) < LONGEST_H_BOND]:
                found[heavy[int(row.argmin())][0]] += 1
        counts.append(dict(found))
    return counts


def _form(residue: Residue, hydrogens: dict[str, int]) -> tuple[str, bool]:
    """Return the form of a residue, and whether it is a cysteine that can be bonded.

    The hydrogens of the side chain decide, and the name of the residue where there are none.
    """
    letter = LETTER_OF_NAME[residue.name]
    forms = FORMS[letter]
    stated = FORM_OF_NAME.get(residue.name)
    default = stated or next(iter(forms))
    found = {name: count for name, count in hydrogens.items() if name not in BACKBONE}
    may_bond = letter == "C" and "SG" not in found and stated != "CYM"
    if not found:
        return default, may_bond
    polar = {name: count for name, count in found.items() if name[0] in "NOS"}
    matching = [name for name, wanted in forms.items() if wanted == polar]
    if stated in matching or (matching and stated is None):
        return stated or matching[0], may_bond
    where = ", ".join(f"{count} on {name}" for name, count in polar.items()) or "none"
    wanted = " or ".join(
        f"{name} ({', '.join(f'{n} on {atom}' for atom, n in form.items()) or 'none'})"
        for name, form in forms.items()
        if stated in (None, name)
    )
    raise PhysicsError(
        f"{residue} has the polar hydrogens {where}, and ff14SB has {wanted}. Correct the residue, "
        "or remove the hydrogens of its side chain to have them added."
    )


def _check_atoms(residue: Residue, *, last: bool) -> None:
    """Check that a residue has no atoms of a modification."""
    standard = NAMES[LETTERS.index(LETTER_OF_NAME[residue.name])]
    known = {*atom_names()[standard], *(["OXT"] if last else [])}
    topology_atoms = {atom.index: atom for atom in residue.atoms}
    unknown = [
        name
        for name, i in atom_indices(residue).items()
        if name not in known and _is_heavy(topology_atoms[i])
    ]
    if unknown:
        raise PhysicsError(
            f"{residue} has the atoms {', '.join(unknown)}, which ff14SB's {standard} does not "
            "have at this position. Replace modified residues with standard ones, and cut the "
            "chain at its ends."
        )


# --- ends and other molecules -------------------------------------------------------------------


def _find_caps(first: mdtraj.Trajectory, residues: Sequence[Residue]) -> tuple[CapAtoms, ...]:
    """Find the end groups that are bonded to the chain."""
    xyz = first.xyz[0] * ANGSTROM_PER_NM
    caps = []
    for residue in first.topology.residues:
        name = CAP_NAMES.get(residue.name)
        if name is None:
            continue
        present = {atom.name: atom.index for atom in residue.atoms}
        atoms = []
        for wanted in CAPS[name]:
            alias = next((a for a in CAP_ALIASES[wanted] if a in present), None)
            if alias is None:
                raise PhysicsError(
                    f"{residue} has no atom {wanted}. Complete the end group, or remove it."
                )
            atoms.append(present.pop(alias))
        own, end, atom = ("C", residues[0], "N") if name == "ACE" else ("N", residues[-1], "C")
        anchor = atom_indices(end)[atom]
        apart = float(np.linalg.norm(xyz[anchor] - xyz[atoms[CAPS[name].index(own)]]))
        if apart > COVALENT:
            raise PhysicsError(
                f"{residue} is not bonded to the end of the chain: its {own} is {apart:.1f} Å from "
                f"{atom} of {end}. Remove it, or give the complete chain."
            )
        caps.append(CapAtoms(name, anchor, tuple(atoms)))
    if len({cap.anchor for cap in caps}) < len(caps):
        raise PhysicsError("An end of the chain has two end groups. Remove one of them.")
    return tuple(sorted(caps, key=lambda cap: cap.name != "ACE"))


def _check_bonds(
    first: mdtraj.Trajectory,
    chain: set[int],
    residues: Sequence[Residue],
    caps: tuple[CapAtoms, ...],
) -> None:
    """Check that the chain is bonded to no other molecule and not closed to a ring."""
    xyz = first.xyz[0] * ANGSTROM_PER_NM
    heavy = [atom for atom in first.topology.atoms if _is_heavy(atom)]
    inside = [atom for atom in heavy if atom.residue.index in chain]
    outside = [atom for atom in heavy if atom.residue.index not in chain]
    if outside:
        tree = cKDTree(xyz[[atom.index for atom in outside]])
        distance, nearest = tree.query(xyz[[atom.index for atom in inside]])
        k = int(distance.argmin())
        if distance[k] < COVALENT:
            raise PhysicsError(
                f"{outside[nearest[k]].residue} is bonded to {inside[k].residue} ({distance[k]:.1f}"
                " Å), and ff14SB does not have this bond. Remove one of the two."
            )
    ends = [atom_indices(residues[0])["N"], atom_indices(residues[-1])["C"]]
    if len(residues) > 2 and not caps and np.linalg.norm(np.diff(xyz[ends], axis=0)) < COVALENT:
        raise PhysicsError(
            "The ends of the chain are bonded to a ring, which cannot be computed. Give a chain "
            "with free or capped ends."
        )


def _notes(
    residues: Sequence[Residue],
    hydrogens: Sequence[dict[str, int]],
    others: Sequence[Residue],
    start: str,
    end: str,
) -> tuple[str, ...]:
    """List what the molecule has and the file has not, and the reverse.

    Raises
    ------
    PhysicsError
        For a neutral terminus.
    """
    notes = []
    if any(hydrogens):
        notes.append("hydrogens are placed anew")
    else:
        notes.append("hydrogens are added")
    charged = 2 if residues[0].name == "PRO" else 3
    at_start = hydrogens[0].get("N", 0)
    if not start and at_start not in (0, charged):
        if at_start == charged - 1:
            raise PhysicsError(
                f"The N-terminus {residues[0]} is neutral, and ff14SB has only charged ends. "
                "Protonate it, or remove its hydrogens to have them added."
            )
        notes.append(f"the N-terminus {residues[0]} is charged, as if the chain started there")
    last = atom_indices(residues[-1])
    if not end:
        if any(hydrogens[-1].get(name) for name in ("O", "OXT")):
            raise PhysicsError(
                f"The C-terminus {residues[-1]} is protonated, and ff14SB has only charged ends. "
                "Remove the hydrogen of the carboxyl group."
            )
        if "OXT" not in last:
            notes.append(f"the terminal oxygen OXT of {residues[-1]} is added")
    methionines = [str(residue) for residue in residues if residue.name == "MSE"]
    if methionines:
        notes.append(f"selenomethionine is computed as methionine: {', '.join(methionines)}")
    if others:
        counts = Counter(residue.name for residue in others)
        listed = ", ".join(f"{count} {name}" for name, count in counts.most_common(5))
        notes.append(f"left out: {listed}{', ...' if len(counts) > 5 else ''}")
    return tuple(notes)


def _is_hydrogen(atom: mdtraj.core.topology.Atom) -> bool:
    return atom.element is not None and atom.element.symbol in ("H", "D")


def _is_heavy(atom: mdtraj.core.topology.Atom) -> bool:
    return atom.element is not None and atom.element.symbol not in ("H", "D", "VS")
