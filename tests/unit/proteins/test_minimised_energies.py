"""Minimised energies of the references."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.proteins.minimised_energies import MinimisedEnergies

NAMES = ("chignolin", "trp-cage")


@pytest.fixture
def reference():
    return proteins.get("chignolin").reference()


def test_the_band_of_all_frames_has_the_mean_of_the_reference(reference):
    """With the potential energies as energies, the band is that of the ensemble."""
    all_of_them = MinimisedEnergies(np.arange(len(reference.frames)), reference.potential)
    for kelvin in (300.0, 372.0, 450.0):
        band, ensemble = all_of_them.band(reference, kelvin), reference.at(kelvin)
        assert band.mean == pytest.approx(ensemble.mean_potential)
        assert band.sd == pytest.approx(ensemble.sd_potential)
        assert band.frames == pytest.approx(ensemble.effective_frames)


def test_a_temperature_outside_of_the_reference_is_refused(reference):
    with pytest.raises(SettingsError, match="covers 300 to 450 K"):
        proteins.get("chignolin").minimised_energies().band(reference, 250.0)


def test_saved_energies_are_restored(tmp_path):
    energies = MinimisedEnergies(np.array([4, 1, 7]), np.array([-400.0, -390.5, -410.25]))
    energies.save(tmp_path / "m.npz")
    restored = MinimisedEnergies.load(tmp_path / "m.npz")
    assert np.array_equal(restored.index, energies.index)
    assert np.array_equal(restored.energy, energies.energy)


@pytest.mark.parametrize("name", NAMES)
def test_bundled_energies_rise_with_the_temperature(name):
    protein = proteins.get(name)
    reference, energies = protein.reference(), protein.minimised_energies()
    assert len(np.unique(energies.index)) == len(energies.energy)
    assert energies.index.max() < len(reference.frames)
    cold, hot = (energies.band(reference, kelvin) for kelvin in (300.0, 450.0))
    assert cold.mean < hot.mean and cold.frames > 3 and 2 < cold.sd < 60


@pytest.mark.parametrize("name", NAMES)
def test_bundled_surrogates_state_their_errors(name):
    surrogate = proteins.get(name).energy_surrogate()
    assert surrogate.sequence == proteins.get(name).sequence
    assert [error.low for error in surrogate.errors] == sorted(e.low for e in surrogate.errors)
    assert surrogate.errors[0].low == 0 and surrogate.errors[-1].high == 1
    assert all(error.mae >= error.median > 0 for error in surrogate.errors)
