"""Conformers with every atom: hydrogens from geometry, and clashes taken away on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from ..ensembles.ensemble import Ensemble
from ..ensembles.writers import check_output, save_trajectory
from ..geometry.residues import LETTERS, NAMES
from .config import EnergyConfig
from .evaluator import EnergyEvaluator
from .molecule import ANGSTROM_PER_NM, Molecule, make_molecule
from .platform import choose_platform, import_openmm

if TYPE_CHECKING:
    import mdtraj

Progress = Callable[[int], None]
"""Called with the number of conformers done."""


class AllAtoms(NamedTuple):
    """What comes out."""

    trajectory: mdtraj.Trajectory  # all atoms, one chain
    ensemble: Ensemble  # the same conformers, heavy atoms
    failed: tuple[int, ...]  # conformers that could not be minimised, as they were


def complete(
    ensemble: Ensemble,
    *,
    minimise: bool = False,
    config: EnergyConfig | None = None,
    progress: Progress | None = None,
) -> AllAtoms:
    """All atoms of conformers.

    Parameters
    ----------
    ensemble : Ensemble
    minimise : bool
        Take clashes away by a short minimisation (Amber ff14SB, GBn2), heavy atoms held by springs
        to where they were. Takes from tenths of a second to minutes a conformer.
    config : EnergyConfig
        Springs and iterations of the minimisation.
    progress : callable, optional

    Raises
    ------
    OpenMMMissingError
        Without OpenMM.
    PhysicsError
        For a sequence that the force field cannot describe.
    """
    config = config or EnergyConfig()
    molecule = make_molecule(ensemble.sequence, config.force_field)
    evaluator = _evaluator(molecule, config) if minimise else None
    heavy = ensemble.atom14.double().numpy()
    places = np.zeros((len(ensemble), len(molecule.residue), 3))
    failed = []
    for k, atoms in enumerate(heavy):
        places[k] = molecule.all_atoms(atoms)
        if evaluator is not None:
            found = _minimised(evaluator, places[k])
            if found is None:
                failed.append(k)
            else:
                places[k] = found
        if progress is not None:
            progress(k + 1)
    flat = heavy.reshape(len(heavy), -1, 3).copy()
    flat[:, molecule.slots] = places[:, molecule.heavy]
    relaxed = torch.from_numpy(flat.reshape(heavy.shape)).float()
    settings = {**ensemble.settings, "minimised": minimise}
    return AllAtoms(
        _trajectory(molecule, places), Ensemble(relaxed, ensemble.sequence, settings), tuple(failed)
    )


def save_all_atoms(path: str | Path, found: AllAtoms, *, hydrogens: bool = True) -> list[Path]:
    """Write all atoms, or the heavy ones, as PDB, mmCIF, XTC (with a topology) or NPZ.

    An NPZ holds the heavy atoms, as everywhere in this package.

    Raises
    ------
    OutputError
        If the files cannot be written.
    """
    path = check_output(path)
    if path.suffix.lower() == ".npz" or not hydrogens:
        return found.ensemble.save(path, heavy=True)
    return save_trajectory(path, found.trajectory, found.ensemble.rmsf)


def _evaluator(molecule: Molecule, config: EnergyConfig) -> EnergyEvaluator:
    platform, _ = choose_platform(config.platform)
    return EnergyEvaluator(molecule, replace(config, platform=platform, minimise=True))


def _minimised(evaluator: EnergyEvaluator, positions: np.ndarray) -> np.ndarray | None:
    """Positions without clashes; None if OpenMM cannot begin from these."""
    try:
        found = evaluator.evaluate(positions).positions
    except import_openmm().OpenMMException:
        return None
    return found if np.isfinite(found).all() else None


def _trajectory(molecule: Molecule, positions: np.ndarray) -> mdtraj.Trajectory:
    import mdtraj

    topology = mdtraj.Topology()
    chain = topology.add_chain()
    residues = [
        topology.add_residue(NAMES[LETTERS.index(letter)], chain, resSeq=number)
        for number, letter in enumerate(molecule.sequence, start=1)
    ]
    for name, residue in zip(molecule.names, molecule.residue.tolist(), strict=True):
        topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), residues[residue])
    topology.create_standard_bonds()
    return mdtraj.Trajectory((positions / ANGSTROM_PER_NM).astype(np.float32), topology)
