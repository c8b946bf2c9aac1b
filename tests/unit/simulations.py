"""A fixture with the folder of a small simulation."""

from __future__ import annotations

import shutil
from pathlib import Path

import mdtraj
import numpy as np
import pytest

LADDER = np.array([300.0, 367.423, 450.0], dtype=np.float32)


@pytest.fixture
def simulation(tmp_path, data_dir) -> Path:
    """Three replicas of 20 frames of chignolin, which walk in temperature."""
    frames = mdtraj.load(data_dir / "chignolin_heavy.xtc", top=data_dir / "chignolin_heavy.pdb")
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(data_dir / "chignolin_heavy.pdb", run / "topology.pdb")
    for k in range(3):
        part = frames[np.arange(k, k + 20) % len(frames)]
        part.time = np.arange(1, 21) * 10.0
        part.save_xtc(str(run / f"remd_{k:02d}.xtc"))
    kelvin = LADDER[(np.arange(3)[:, None] + np.arange(20)) % 3]
    potential = -900 + 2.0 * kelvin + np.random.default_rng(0).normal(0, 40, kelvin.shape)
    np.savez(run / "remd.npz", temperature_k=kelvin, potential_kj_mol=potential)
    return run
