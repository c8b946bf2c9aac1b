"""The folder of a simulation: what belongs to it, and its frames after equilibration."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports.simulation_files import find_simulation, read_simulation


def test_frames_temperatures_and_energies_belong_together(simulation):
    frames = read_simulation(find_simulation(simulation))
    with np.load(simulation / "remd.npz") as arrays:
        kelvin, potential = arrays["temperature_k"], arrays["potential_kj_mol"]
    assert frames.lengths == [15, 15, 15] and frames.frame_ps == pytest.approx(10.0)
    np.testing.assert_allclose(frames.temperature, kelvin[:, 5:].ravel())
    np.testing.assert_allclose(frames.potential, potential[:, 5:].ravel())
    assert frames.replica.tolist() == np.repeat([0, 1, 2], 15).tolist()
    np.testing.assert_allclose(frames.time_ps[:15], 10.0 * np.arange(5, 20))
    assert frames.ca.shape == (45, 10, 3) and frames.backbone.shape == (45, 10, 4, 3)


def test_energies_may_be_missing(simulation):
    with np.load(simulation / "remd.npz") as arrays:
        kelvin = arrays["temperature_k"]
    np.savez(simulation / "remd.npz", temperature_k=kelvin)
    assert np.isnan(read_simulation(find_simulation(simulation)).potential).all()


def test_a_trajectory_with_other_frames_is_refused(simulation):
    np.savez(simulation / "remd.npz", temperature_k=np.full((3, 19), 300.0))
    with pytest.raises(StructureError, match="does not have the 19 frames of its temperatures"):
        read_simulation(find_simulation(simulation))


@pytest.mark.parametrize("name", ["topology.pdb", "remd.npz", "remd_00.xtc"])
def test_incomplete_folders_are_refused(simulation, name):
    (simulation / name).unlink()
    with pytest.raises(SettingsError, match=r"is not the folder of one|2 trajectories"):
        find_simulation(simulation)


def test_two_sets_and_no_frames_are_refused(simulation):
    (simulation / "other.npz").write_bytes((simulation / "remd.npz").read_bytes())
    (simulation / "other_00.xtc").write_bytes((simulation / "remd_00.xtc").read_bytes())
    with pytest.raises(SettingsError, match="is not the folder of one simulation"):
        find_simulation(simulation)
    (simulation / "other_00.xtc").unlink()
    np.savez(simulation / "remd.npz", temperature_k=np.zeros((3, 0)))
    with pytest.raises(SettingsError, match="has no frames yet"):
        find_simulation(simulation)
