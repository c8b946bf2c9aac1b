"""Labelling an ensemble: energies into a journal as they come, and into an NPZ at the end.

The journal is a text file of one JSON object a line beside the result. A killed labelling goes on
from it; its first line says which conformers and settings it belongs to.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import torch

from ..ensembles.ensemble import Ensemble, OutputError, check_output, topology_beside
from ..geometry.residues import encode_sequence, residue_tables
from ..geometry.structure import StructureError, load_atom14
from .config import EnergyConfig
from .evaluator import EnergyResult
from .labels import Labels
from .pool import EnergyPool


def read_heavy_atoms(path: str | Path, topology: str | Path | None = None) -> Ensemble:
    """Conformers with all heavy atoms, from an ensemble's NPZ or any file that mdtraj reads.

    Parameters
    ----------
    path : path
    topology : path, optional
        For formats without one; NAME-topology.pdb beside NAME.xtc is found by itself.

    Raises
    ------
    StructureError
        If the file cannot be read, or heavy atoms are missing.
    """
    path = Path(path)
    if path.suffix.lower() == ".npz":
        return Ensemble.load(path)
    beside = topology_beside(path)
    if topology is None and path.suffix.lower() == ".xtc" and beside.is_file():
        topology = beside
    sequence, positions, mask = load_atom14(path, topology=topology)
    wanted = residue_tables().atom_mask[encode_sequence(sequence)]
    incomplete = (wanted & ~mask).any(1).nonzero().flatten().tolist()
    if incomplete:
        where = ", ".join(f"{sequence[i]}{i + 1}" for i in incomplete[:5])
        raise StructureError(
            f"Heavy atoms are missing in {where}{' and others' if len(incomplete) > 5 else ''} of "
            f"{path}; energies need all of them. `confdiff sample --heavy` writes side chains, and "
            "so does every .npz."
        )
    centre = positions[:, :, 1].mean(1)[:, None, None]
    return Ensemble(torch.where(wanted[..., None], positions - centre, 0), sequence)


def label(
    ensemble: Ensemble,
    path: Path,
    config: EnergyConfig | None = None,
    *,
    workers: int | None = None,
    report: Callable[[int, EnergyResult], None] | None = None,
) -> Labels:
    """Energies of all conformers into ``path``; call it again to go on after an interruption.

    Parameters
    ----------
    ensemble : Ensemble
    path : path
        An NPZ, written by :meth:`Labels.save`. If it exists and belongs to this ensemble, it is
        the answer.
    config : EnergyConfig
    workers : int, optional
        As in :class:`EnergyPool`.
    report : callable, optional
        Gets the number of conformers done and the latest result.

    Raises
    ------
    OutputError
        If the path cannot be written, or holds labels of other conformers or settings.
    """
    config = config or EnergyConfig()
    if check_output(path).suffix.lower() != ".npz":
        raise OutputError(f"Cannot write {path.name}: labels are an .npz file.")
    identity = _identity(ensemble, config)
    if path.exists():
        labels = Labels.load(path)
        if _identity(labels.ensemble, labels.config) != identity:
            raise _not_ours(path)
        return labels
    journal = path.with_name(f"{path.name}.partial")
    arrived: SimpleQueue[EnergyResult] = SimpleQueue()
    with EnergyPool(ensemble.sequence, config, watcher=arrived.put, workers=workers) as pool:
        results = _read(journal, identity)
        missing = [i for i in range(len(ensemble)) if i not in results]
        pool.submit(ensemble.atom14[missing].numpy(), missing)
        with journal.open("a", encoding="utf-8") as file:
            for _ in missing:
                result = arrived.get()
                file.write(_to_line(result))
                file.flush()
                results[int(str(result.key))] = result
                if report is not None:
                    report(len(results), result)
    labels = Labels.of(ensemble, results, config)
    labels.save(path)
    journal.unlink()
    return labels


def _identity(ensemble: Ensemble, config: EnergyConfig) -> str:
    """Equal for equal conformers and settings."""
    digest = hashlib.sha256(np.ascontiguousarray(ensemble.atom14.numpy()).tobytes())
    digest.update(json.dumps([ensemble.sequence, asdict(config)]).encode())
    return digest.hexdigest()


def _not_ours(path: Path) -> OutputError:
    return OutputError(
        f"{path} belongs to other conformers or settings: give another --out, or remove the file."
    )


def _read(journal: Path, identity: str) -> dict[int, EnergyResult]:
    """Results of an earlier labelling; a line that a kill cut off is cut away."""
    content = journal.read_bytes() if journal.exists() else b""
    complete = content[: content.rfind(b"\n") + 1]
    if not complete:
        journal.write_text(json.dumps({"identity": identity}) + "\n", encoding="utf-8")
        return {}
    first, *lines = complete.decode().splitlines()
    if json.loads(first)["identity"] != identity:
        raise _not_ours(journal)
    os.truncate(journal, len(complete))
    results = map(_from_line, lines)
    return {int(str(result.key)): result for result in results}


def _to_line(result: EnergyResult) -> str:
    return json.dumps({**vars(result), "ca_forces": result.ca_forces.tolist()}) + "\n"


def _from_line(line: str) -> EnergyResult:
    row = json.loads(line)
    return EnergyResult(**{**row, "ca_forces": np.array(row["ca_forces"])})
