"""Add hydrogens to conformers, and optionally remove clashes by a minimisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from ..ensembles.ensemble import Ensemble
from ..ensembles.output_files import check_output
from ..ensembles.writers import save_trajectory
from ..geometry.residues import LETTERS, NAMES
from .config import EnergyConfig
from .evaluator import MIN_DISTANCE, EnergyEvaluator, shortest_distance
from .molecular_ensemble import MolecularEnsemble
from .molecule import ANGSTROM_PER_NM, Molecule, make_molecule
from .platform import choose_platform, import_openmm

if TYPE_CHECKING:
    import mdtraj

Progress = Callable[[int], None]
"""Called with the number of conformers completed so far."""


class AllAtoms(NamedTuple):
    """Conformers with all their atoms."""

    trajectory: mdtraj.Trajectory  # all atoms, one chain
    ensemble: Ensemble  # heavy atoms of the same conformers
    failed: tuple[int, ...]  # conformers that could not be minimised and were left unchanged
    undirected: tuple[int, ...]  # conformers with atoms that coincide, which have hydrogens there


def add_hydrogens(
    ensemble: Ensemble,
    *,
    minimise: bool = False,
    config: EnergyConfig | None = None,
    progress: Progress | None = None,
) -> AllAtoms:
    """Add hydrogens and the terminal oxygen to conformers.

    Cysteines whose sulphurs are at a bonded distance in all conformers form disulphide bonds.

    Parameters
    ----------
    ensemble : Ensemble
    minimise : bool
        Remove clashes by a short minimisation (Amber ff14SB, GBn2) with harmonic restraints on the
        heavy atoms. It takes between tenths of a second and minutes per conformer.
    config : EnergyConfig
        Restraint and number of iterations of the minimisation.
    progress : callable, optional
        Called after each conformer.

    Raises
    ------
    OpenMMMissingError
        If OpenMM is not installed.
    PhysicsError
        If the force field cannot describe the sequence.
    """
    config = config or EnergyConfig()
    chemistry = MolecularEnsemble.from_ensemble(ensemble).chemistry
    molecule = make_molecule(chemistry, config.force_field)
    evaluator = _make_evaluator(molecule, config) if minimise else None
    heavy = ensemble.atom14.double().numpy()
    positions = np.zeros((len(ensemble), len(molecule.residue), 3))
    failed, undirected = [], []
    for k, atoms in enumerate(heavy):
        with np.errstate(all="ignore"):
            positions[k] = molecule.all_atoms(atoms)
        if not np.isfinite(positions[k]).all():
            positions[k] = molecule.at_heavy_atoms(positions[k])
            undirected.append(k)
        if evaluator is not None:
            minimised = _minimise(evaluator, positions[k])
            if minimised is None:
                failed.append(k)
            else:
                positions[k] = minimised
        if progress is not None:
            progress(k + 1)
    flat = heavy.reshape(len(heavy), -1, 3).copy()
    flat[:, molecule.slots] = positions[:, molecule.heavy]
    relaxed = torch.from_numpy(flat.reshape(heavy.shape)).float()
    settings = {**ensemble.settings, "minimised": minimise}
    return AllAtoms(
        _to_trajectory(molecule, positions),
        Ensemble(relaxed, ensemble.sequence, settings),
        tuple(failed),
        tuple(undirected),
    )


def save_all_atoms(path: str | Path, conformers: AllAtoms, *, hydrogens: bool = True) -> list[Path]:
    """Write all atoms, or only heavy atoms, as PDB, mmCIF, XTC (with a topology) or NPZ.

    An NPZ file always holds heavy atoms only.

    Raises
    ------
    OutputError
        If the files cannot be written.
    """
    path = check_output(path)
    if path.suffix.lower() == ".npz":
        return conformers.ensemble.save(path)
    trajectory = conformers.trajectory
    if not hydrogens:
        heavy = [atom.index for atom in trajectory.topology.atoms if atom.element.symbol != "H"]
        trajectory = trajectory.atom_slice(heavy)
    return save_trajectory(path, trajectory, conformers.ensemble.rmsf)


def _make_evaluator(molecule: Molecule, config: EnergyConfig) -> EnergyEvaluator:
    platform, _ = choose_platform(config.platform)
    return EnergyEvaluator(molecule, replace(config, platform=platform, minimise=True))


def _minimise(evaluator: EnergyEvaluator, positions: np.ndarray) -> np.ndarray | None:
    """Return minimised positions (A, 3), or None if the minimisation failed or collapsed."""
    try:
        minimised = evaluator.evaluate(positions).positions
    except import_openmm().OpenMMException:
        return None
    if not np.isfinite(minimised).all() or shortest_distance(minimised) < MIN_DISTANCE:
        return None
    return minimised


def _to_trajectory(molecule: Molecule, positions: np.ndarray) -> mdtraj.Trajectory:
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
