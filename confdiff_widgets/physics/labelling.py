"""Label an ensemble with energies and forces, resumably.

Results are appended to a journal next to the output, and written to an NPZ file at the end. An
interrupted labelling resumes from the journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from ..ensembles.chain_geometry import check_heavy_atoms, require_connected_chain
from ..ensembles.ensemble import Ensemble
from ..ensembles.output_files import check_output
from ..files.writing import OutputError, output_errors
from ..geometry.residues import encode_sequence, residue_tables
from ..geometry.structure import Atom14Trajectory
from .chemistry import Chemistry
from .config import EnergyConfig
from .evaluator import EnergyResult
from .journal import Journal, other_labels
from .labels import Labels
from .molecular_ensemble import MolecularEnsemble
from .pool import EnergyPool


def label(
    conformers: Ensemble | MolecularEnsemble,
    path: Path,
    config: EnergyConfig | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, EnergyResult], None] | None = None,
) -> Labels:
    """Compute the energies of all conformers and save them; call it again to resume.

    Parameters
    ----------
    conformers : Ensemble or MolecularEnsemble
        An ensemble has the standard form of its sequence, with the disulphide bonds that all
        conformers have.
    path : path
        Output (NPZ), written by :meth:`Labels.save`. If it already exists and matches the
        conformers and the settings, it is loaded instead.
    config : EnergyConfig
    workers : int, optional
        Number of worker processes, see :class:`EnergyPool`.
    progress : callable, optional
        Called with the number of conformers done and the latest result.

    Raises
    ------
    OutputError
        If the path cannot be written, or holds labels of other conformers or settings.
    StructureError
        If a bond is broken in all conformers. Other conformers with broken bonds have no energy.
    """
    config = config or EnergyConfig()
    if isinstance(conformers, Ensemble):
        conformers = MolecularEnsemble.from_ensemble(conformers)
    if check_output(path).suffix.lower() != ".npz":
        raise OutputError(f"Cannot write labels to {path.name}. Choose a name that ends in .npz.")
    identity = _identity(conformers, config)
    if path.exists():
        labels = Labels.load(path)
        if _identity(labels.molecules, labels.config) != identity:
            raise other_labels(path)
        return labels
    broken = _broken_conformers(conformers.ensemble)
    journal_path, length = path.with_name(f"{path.name}.partial"), len(conformers.ensemble.sequence)
    received: SimpleQueue[EnergyResult] = SimpleQueue()
    with (
        EnergyPool(conformers.chemistry, config, on_result=received.put, workers=workers) as pool,
        Journal(journal_path, identity, len(conformers), length) as journal,
    ):
        missing = [i for i in range(len(conformers)) if i not in journal.results]
        whole = [i for i in missing if i not in broken]
        pool.submit(conformers.atom14[whole], whole)
        for i in set(missing) - set(whole):
            received.put(EnergyResult.failed(i, length, broken[i]))
        for _ in missing:
            result = received.get()
            journal.add(result)
            if progress is not None:
                progress(len(journal.results), result)
    labels = Labels.from_results(conformers, journal.results, config)
    labels.save(path)
    with output_errors(journal_path):
        journal_path.unlink()
    return labels


def _broken_conformers(ensemble: Ensemble) -> dict[int, str]:
    """Return why conformers with broken bonds have no energy.

    Raises
    ------
    StructureError
        If a bond is broken in all conformers: the chain has a gap, or the topology does not fit.
    """
    mask = residue_tables().atom_mask[encode_sequence(ensemble.sequence)]
    found = check_heavy_atoms(Atom14Trajectory(ensemble.sequence, ensemble.atom14, mask))
    require_connected_chain(found, "The ensemble")
    return {int(i): found.describe_frame(int(i)) for i in found.frames}


def _identity(conformers: MolecularEnsemble, config: EnergyConfig) -> str:
    """Return a hash of the conformers, their chemical form and the settings."""
    ensemble, chemistry = conformers.ensemble, conformers.chemistry
    digest = hashlib.sha256(np.ascontiguousarray(ensemble.atom14.numpy()).tobytes())
    digest.update(json.dumps([ensemble.sequence, asdict(config)]).encode())
    if chemistry != Chemistry.standard(ensemble.sequence):
        digest.update(json.dumps(asdict(chemistry)).encode() + conformers.caps.tobytes())
    return digest.hexdigest()
