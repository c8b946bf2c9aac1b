"""Structure and topology files as mdtraj trajectories.

PDB and mmCIF files are read with gemmi, all others with mdtraj. Of alternate locations, the most
occupied ones of each residue are kept.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..geometry.residues import LETTER_OF_NAME, NAMES
from ..geometry.structure import ANGSTROM_PER_NM, StructureError
from .file_formats import STRUCTURES, TOPOLOGIES, file_ending
from .text_files import decode, read_bytes

if TYPE_CHECKING:
    import gemmi
    import mdtraj

PEPTIDE_BOND = 2.0
"""Largest distance (Å) of C and N in a peptide bond."""

MAX_MODELS = 9999
"""Largest number of a model that fits its columns in a PDB file."""

DAMAGED = "The file is empty, damaged, or in another format than its ending."

_ATOM = re.compile(r"^(?:ATOM  |HETATM)", re.MULTILINE)
_MODEL_LIMIT = re.compile(r"^(?:MODEL|ENDMDL|END)\b.*$", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+|nan|inf)", re.IGNORECASE)


def read_structure(path: Path, content: bytes | None = None) -> mdtraj.Trajectory:
    """Read a structure file; each model is a frame.

    Parameters
    ----------
    path : path
    content : bytes, optional
        Content of the file, for uploads. Only the name of ``path`` is used then.

    Raises
    ------
    StructureError
        If the file cannot be read, has no atoms or two residues with one number, or if its models
        differ in their atoms.
    """
    ending = file_ending(path).removesuffix(".gz")
    with read_errors(path, DAMAGED):
        text = decode(read_bytes(path) if content is None else content)
        if ending == ".gro":
            import mdtraj

            with _plain_file(path, text) as file:
                found = mdtraj.load(file)
        else:
            import gemmi

            if ending in (".pdb", ".ent"):
                structures = [
                    gemmi.read_pdb_string(part, split_chain_on_ter=True)
                    for part in _numbered_models(text)
                ]
            else:
                structures = [gemmi.make_structure_from_block(_block_with_atoms(text))]
            parts = [_to_trajectory(structure, path) for structure in structures]
            found = parts[0].join(parts[1:]) if len(parts) > 1 else parts[0]
    if not found.n_frames or not found.n_atoms:
        raise StructureError(f"{path} contains no frames. Give a file with at least one.")
    return found


def read_topology(path: Path) -> mdtraj.Topology:
    """Read the topology of a trajectory from a structure or topology file.

    Raises
    ------
    StructureError
        If the file is missing or cannot be read.
    """
    ending = file_ending(path)
    if not path.is_file():
        raise StructureError(f"No such file: {path}. Check the path of the topology.")
    if ending in STRUCTURES:
        return read_structure(path).topology
    if ending not in TOPOLOGIES:
        raise StructureError(
            f"{path.name} is not a topology. Use one of {', '.join((*STRUCTURES, *TOPOLOGIES))}."
        )
    import mdtraj

    with read_errors(path, DAMAGED), _plain_file(path, decode(read_bytes(path))) as file:
        load = mdtraj.load_psf if ending.startswith(".psf") else mdtraj.load_prmtop
        return load(file)


@contextmanager
def read_errors(path: Path, hint: str) -> Iterator[None]:
    """Raise errors of the readers as a StructureError with a hint."""
    try:
        yield
    except StructureError:
        raise
    except ImportError as error:
        raise StructureError(
            f"Reading {path} needs a package that is not installed ({error.name}). Install it, or "
            "convert the file to PDB or XTC."
        ) from error
    except (
        OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, EOFError,
    ) as error:  # fmt: skip
        raise StructureError(f"Cannot read {path}: {error}. {hint}") from error


@contextmanager
def _plain_file(path: Path, text: str) -> Iterator[str]:
    """Write text to a temporary file for a reader that needs one; its errors name ``path``."""
    with tempfile.TemporaryDirectory() as folder:
        copy = str(Path(folder) / f"copy{file_ending(path).removesuffix('.gz')}")
        Path(copy).write_text(text, encoding="utf-8")
        try:
            yield copy
        except Exception as error:
            raise ValueError(str(error).replace(copy, str(path))) from error


# --- PDB and mmCIF ------------------------------------------------------------------------------


def _numbered_models(text: str) -> list[str]:
    """Check the coordinates of a PDB file, and number its models, in parts of `MAX_MODELS`.

    Files that were joined repeat model numbers, and some programs separate models by END only.
    """
    for line in text.splitlines():
        if line.startswith(("ATOM  ", "HETATM")):
            numbers = (line[start : start + 8].strip() for start in (30, 38, 46))
            if not all(map(_NUMBER.fullmatch, numbers)):
                raise ValueError(f"no coordinates in the line {line[:60].rstrip()!r}")
    first = _ATOM.search(text)
    if first is None:
        raise ValueError("no atoms in the file")
    header = _MODEL_LIMIT.sub("", text[: first.start()])
    models = [part for part in _MODEL_LIMIT.split(text[first.start() :]) if _ATOM.search(part)]
    return [
        header
        + "".join(
            f"MODEL     {number}\n{model}\nENDMDL\n"
            for number, model in enumerate(models[start : start + MAX_MODELS], start=1)
        )
        for start in range(0, len(models), MAX_MODELS)
    ]


def _block_with_atoms(text: str) -> gemmi.cif.Block:
    import gemmi

    for block in gemmi.cif.read_string(text):
        if block.find_values("_atom_site.Cartn_x"):
            return block
    raise ValueError("no atoms in the file")


def _to_trajectory(structure: gemmi.Structure, path: Path) -> mdtraj.Trajectory:
    import gemmi
    import mdtraj

    flat = gemmi.FlatStructure(structure)
    flat.strings_as_numbers = False
    n_models = len(structure)
    positions = np.asarray(flat.pos, dtype=np.float32)
    names = np.array([flat.residue_names, flat.atom_names]).T
    n_atoms = structure[0].count_atom_sites() if n_models else 0
    same = (
        len(positions) == n_models * n_atoms
        and (names.reshape(n_models, n_atoms, 2) == names[:n_atoms]).all()
    )
    if not same:
        raise StructureError(
            f"The models of {path} differ in their atoms. Give models with the same atoms, or "
            "split the file."
        )
    topology, kept = _to_topology(structure[0], path)
    xyz = positions.reshape(n_models, n_atoms, 3)[:, kept] / np.float32(ANGSTROM_PER_NM)
    cell = structure.cell
    if not cell.is_crystal():
        return mdtraj.Trajectory(xyz, topology)
    lengths = np.tile(np.array([cell.a, cell.b, cell.c]) / ANGSTROM_PER_NM, (n_models, 1))
    angles = np.tile([cell.alpha, cell.beta, cell.gamma], (n_models, 1))
    return mdtraj.Trajectory(xyz, topology, unitcell_lengths=lengths, unitcell_angles=angles)


def _to_topology(model: gemmi.Model, path: Path) -> tuple[mdtraj.Topology, list[int]]:
    """Convert a model without its alternate locations, and return the indices of its atoms."""
    import mdtraj

    topology, kept, start = mdtraj.Topology(), [], 0
    for chain in model:
        before = None
        for _, same_number in groupby(chain, key=lambda residue: residue.seqid):
            versions = list(same_number)
            starts = start + np.cumsum([0, *map(len, versions)])
            start = int(starts[-1])
            chosen = _most_occupied(versions)
            for residue, offset in zip(versions, starts, strict=False):
                if residue not in chosen:
                    continue
                if before is None or _separates(before, residue):
                    part = topology.add_chain(chain.name)
                added = topology.add_residue(residue.name, part, residue.seqid.num, residue.segment)
                for index in _main_locations(residue, chain.name, path):
                    atom = residue[index]
                    topology.add_atom(atom.name, _element(atom), added, serial=atom.serial)
                    kept.append(int(offset) + index)
                before = residue
    return topology, kept


def _separates(before: gemmi.Residue, residue: gemmi.Residue) -> bool:
    """Return whether a residue starts another chain: a different molecule or a free amino acid."""
    if (before.subchain, before.segment) != (residue.subchain, residue.segment):
        return True
    free = any(r.het_flag == "H" and r.name in NAMES for r in (before, residue))
    c, n = before.find_atom("C", "*"), residue.find_atom("N", "*")
    return free and not (c and n and c.pos.dist(n.pos) < PEPTIDE_BOND)


def _most_occupied(versions: list[gemmi.Residue]) -> list[gemmi.Residue]:
    """Select the most occupied of several amino acids at one position of a chain."""
    if len(versions) == 1 or not all(atom.altloc != "\0" for r in versions for atom in r):
        return versions
    return [max(versions, key=lambda residue: np.mean([atom.occ for atom in residue]))]


def _main_locations(residue: gemmi.Residue, chain: str, path: Path) -> list[int]:
    """Return the indices of the atoms of a residue in its most occupied alternate location.

    An atom that lacks this location is at its own most occupied one.
    """
    labels: dict[str, list[float]] = {}
    atoms: dict[str, list[int]] = {}
    for index, atom in enumerate(residue):
        labels.setdefault(atom.altloc, []).append(atom.occ)
        atoms.setdefault(atom.name, []).append(index)
    repeated = len({(atom.name, atom.altloc) for atom in residue}) < len(residue)
    if repeated and residue.name in LETTER_OF_NAME:
        raise StructureError(
            f"{path} has two residues {residue.name} {residue.seqid} in chain {chain or '(blank)'}."
            " Renumber the residues, or name the chains differently."
        )
    if labels.keys() == {"\0"}:
        return list(range(len(residue)))
    labels.pop("\0", None)
    main = max(labels, key=lambda label: np.mean(labels[label]))
    return [
        max(options, key=lambda i: (residue[i].altloc == main, residue[i].occ))
        for options in atoms.values()
    ]


def _element(atom: gemmi.Atom) -> mdtraj.core.element.Element:
    from mdtraj.core import element

    try:
        return element.get_by_symbol(atom.element.name)
    except KeyError:
        return element.virtual
