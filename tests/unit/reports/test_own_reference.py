"""References for a sequence of the user."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis import temperature_weights
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.reports import Target
from confdiff_widgets.reports.own_reference import own_reference

CHIGNOLIN = "YYDPETGTWY"


def test_an_exchange_is_weighted_for_any_of_its_temperatures(simulation):
    reference = own_reference(simulation, CHIGNOLIN)
    assert len(reference.frames) == 45  # without the first quarter of 3 × 20
    assert reference.ladder == pytest.approx([300.0, 367.42, 450.0], abs=0.01)
    assert (reference.temperature, reference.source) == (300.0, "run")
    assert reference.time_ps[:15] == pytest.approx(np.arange(5, 20) * 10.0)
    with np.load(simulation / "remd.npz") as arrays:
        kelvin = arrays["temperature_k"][:, 5:].ravel()
        potential = arrays["potential_kj_mol"][:, 5:].ravel()
    for wanted in (300.0, 330.0, 450.0):
        ensemble = reference.at(wanted)
        expected = temperature_weights(potential, np.round(kelvin, 2), wanted)
        np.testing.assert_allclose(ensemble.weights, expected, rtol=1e-3)
        assert ensemble.mean_potential == pytest.approx(float(expected @ potential), abs=0.01)
    assert reference.tics.shape[1] >= 2
    np.testing.assert_allclose(reference.ca.mean(axis=1), 0, atol=1e-4)


def test_one_temperature_needs_no_energies(simulation):
    np.savez(simulation / "remd.npz", temperature_k=np.full((3, 20), 350.0))
    reference = own_reference(simulation, CHIGNOLIN)
    assert reference.temperature == 350
    np.testing.assert_allclose(reference.at(350.0).weights, 1 / 45)
    with pytest.raises(SettingsError, match="covers 350 to 350 K"):
        reference.at(300.0)


def test_several_temperatures_need_energies(simulation):
    with np.load(simulation / "remd.npz") as arrays:
        kelvin = arrays["temperature_k"]
    np.savez(simulation / "remd.npz", temperature_k=kelvin)
    with pytest.raises(SettingsError, match="run has no potential_kj_mol"):
        own_reference(simulation, CHIGNOLIN)


def test_trajectories_of_any_program_are_a_reference(simulation):
    files = sorted(simulation.glob("*.xtc"))
    target = Target.from_files(files, topology=simulation / "topology.pdb", temperature=320.0)
    reference = own_reference(target, CHIGNOLIN)
    assert (reference.temperature, len(reference.frames)) == (320.0, 60)
    assert reference.free_energy_at(320.0).n_frames == 60
    assert np.isnan(reference.at(320.0).mean_potential)  # unknown, not 0


def test_what_cannot_be_a_reference_is_refused(simulation, tmp_path):
    with pytest.raises(SettingsError, match="is of YYDPETGTWY, not of GASPK"):
        own_reference(simulation, "GASPK")
    with pytest.raises(SettingsError, match="not the folder of one simulation"):
        own_reference(tmp_path / "missing", CHIGNOLIN)
    for name in ("9" * 5000, "a\0b"):
        with pytest.raises(SettingsError, match=r"Cannot read the folder|not the folder of one"):
            own_reference(name, CHIGNOLIN)
    few = Target.from_files([simulation / "topology.pdb"])
    with pytest.raises(SettingsError, match="cannot be the reference of the TIC plane"):
        own_reference(few, CHIGNOLIN)
