"""Fixtures: files in the formats of other methods, made from MD of chignolin."""

from __future__ import annotations

from pathlib import Path

import mdtraj
import numpy as np
import pytest

SEQUENCE = "YYDPETGTWY"


@pytest.fixture(scope="session")
def heavy(chignolin_heavy) -> mdtraj.Trajectory:
    """Return 22 frames of chignolin with heavy atoms."""
    return chignolin_heavy.mdtraj


@pytest.fixture(scope="session")
def expected(heavy) -> np.ndarray:
    """Return the CA positions of these frames, Å."""
    return heavy.xyz[:, heavy.topology.select("name CA")] * 10


@pytest.fixture(scope="session")
def files(tmp_path_factory, heavy, expected) -> Path:
    """Return a folder with the same 22 frames in all formats."""
    folder = tmp_path_factory.mktemp("formats")
    heavy.save_pdb(folder / "models.pdb")
    heavy.save_cif(folder / "models.cif")
    heavy[0].save_pdb(folder / "top.pdb")
    heavy.save_dcd(folder / "run.dcd")
    timed = heavy[:]
    timed.time = 20.0 * np.arange(len(heavy))
    timed.save_xtc(folder / "run.xtc")
    timed.save_xtc(folder / "known.xtc")
    heavy[0].save_pdb(folder / "known-topology.pdb")
    heavy.atom_slice(heavy.topology.select("name CA")).save_pdb(folder / "trace.pdb")
    np.savez(folder / "ca.npz", ca=expected, sequence=SEQUENCE)
    np.savez(folder / "bioemu.npz", pos=expected / 10, node_orientations=0, sequence=SEQUENCE)
    singles = folder / "singles"
    singles.mkdir()
    for i, frame in enumerate(heavy):
        frame.save_pdb(singles / f"sample_{i}.pdb")
    alphafold = folder / "alphafold"
    alphafold.mkdir()
    heavy[3].save_cif(alphafold / "job_model.cif")
    for i, frame in enumerate(heavy):
        (alphafold / f"seed-1_sample-{i}").mkdir()
        frame.save_cif(alphafold / f"seed-1_sample-{i}" / f"job_seed-1_sample-{i}_model.cif")
    bioemu = folder / "bioemu"
    bioemu.mkdir()
    heavy[0].save_pdb(bioemu / "topology.pdb")
    heavy.save_xtc(bioemu / "samples.xtc")
    np.savez(bioemu / "batch_0.npz", pos=expected / 10, sequence=SEQUENCE)
    return folder
