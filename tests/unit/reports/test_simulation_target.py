"""Targets from the folder of a simulation."""

from __future__ import annotations

import shutil
from pathlib import Path

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports.simulation_target import simulation_target


def constant(simulation: Path, kelvin: float) -> None:
    np.savez(simulation / "remd.npz", temperature_k=np.full((3, 20), kelvin, dtype=np.float32))


def test_only_frames_at_the_nearest_temperature_are_the_reference(simulation):
    target = simulation_target(simulation, temperature=360.0)
    assert target.temperature == pytest.approx(367.42)
    assert len(target.ca) == 15  # of 3 × 15 after the first quarter, a third
    assert target.sequence == "YYDPETGTWY"
    assert np.bincount(target.trajectory).tolist() == [5, 5, 5]
    assert target.frame_ps is None
    assert target.tica is not None  # of the continuous replicas
    assert target.notes[0].startswith("Reference: 15 frames at 367.42 K of 3 trajectories")
    with np.load(simulation / "remd.npz") as arrays:
        chosen = np.abs(arrays["temperature_k"][0, 5:] - 367.423) < 0.1
    frames = mdtraj.load(simulation / "remd_00.xtc", top=simulation / "topology.pdb")[5:][chosen]
    ca = frames.xyz[:, frames.topology.select("name CA")] * 10
    first = target.ca[target.trajectory == 0]
    np.testing.assert_allclose(
        np.linalg.norm(first[:, 0] - first[:, 9], axis=-1),
        np.linalg.norm(ca[:, 0] - ca[:, 9], axis=-1),
        atol=1e-3,
    )


def test_constant_temperature_takes_all_frames(simulation):
    constant(simulation, 350.0)
    target = simulation_target(simulation)
    assert (target.temperature, len(target.ca), target.frame_ps) == (350.0, 45, 10.0)
    assert simulation_target(simulation, temperature=350.0).temperature == 350
    with pytest.raises(SettingsError, match="was simulated at 350 K, not at 300 K"):
        simulation_target(simulation, temperature=300.0)


def test_temperatures_are_never_mixed_or_extrapolated(simulation):
    with pytest.raises(SettingsError, match=r"300 to 450 K\. Choose the temperature"):
        simulation_target(simulation)
    for kelvin in (290.0, 460.0, -1.0, float("nan")):
        with pytest.raises(SettingsError, match="was simulated at 300 to 450 K"):
            simulation_target(simulation, temperature=kelvin)


def test_incomplete_folders_are_refused(simulation, tmp_path):
    with np.load(simulation / "remd.npz") as arrays:
        kelvin = arrays["temperature_k"]
    np.savez(simulation / "remd.npz", temperature_k=kelvin[:, :19])
    with pytest.raises(StructureError, match="resume it with the same"):
        simulation_target(simulation, temperature=300.0)
    (simulation / "remd_02.xtc").unlink()
    with pytest.raises(SettingsError, match="2 trajectories for 3 replicas"):
        simulation_target(simulation, temperature=300.0)
    shutil.copy(simulation / "remd_00.xtc", simulation / "other_00.xtc")
    np.savez(simulation / "other.npz", temperature_k=kelvin)
    with pytest.raises(SettingsError, match="not the folder of one simulation"):
        simulation_target(simulation, temperature=300.0)
    with pytest.raises(SettingsError, match="not the folder of one simulation"):
        simulation_target(tmp_path)
