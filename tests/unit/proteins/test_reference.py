"""Reference ensembles: any temperature of a replica exchange, by MBAR."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.analysis import TicaModel, ca_distances, ca_rmsd, effective_frames
from confdiff_widgets.analysis.mbar import free_energies, temperature_weights
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.proteins import Reference
from confdiff_widgets.proteins.reference import BINS
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.units import GAS_CONSTANT

LADDER = np.array([300.0, 335.0, 375.0, 420.0])
FRAMES = 4000  # at each temperature
STIFFNESS = 20.0  # kJ/mol/Å² of the harmonic energy of each coordinate


@pytest.fixture(params=proteins.names())
def protein(request) -> proteins.Protein:
    return proteins.get(request.param)


@pytest.fixture(scope="module")
def harmonic() -> Reference:
    """Two residues whose CA distance is harmonic, so that all ensembles are known."""
    rng = np.random.default_rng(2)
    state = np.repeat(np.arange(len(LADDER)), FRAMES)
    stretch = (
        rng.normal(size=(len(state), 3)) * np.sqrt(GAS_CONSTANT * LADDER / STIFFNESS)[state, None]
    )
    backbone = np.zeros((len(state), 2, 4, 3), dtype=np.float32)
    backbone[:, 1] = np.array([20.0, 0.0, 0.0]) + stretch[:, None]
    potential = 0.5 * STIFFNESS * np.square(stretch).sum(axis=1)
    counts = np.bincount(state)
    return Reference(
        frames=backbone - backbone[:, :, 1].mean(axis=1)[:, None, None],
        ladder=LADDER,
        state=state,
        potential=potential,
        frame_replica=np.arange(len(state)) % 8,
        time_ps=np.arange(len(state)) // 8 * 20.0,
        free_energies=free_energies(-potential[:, None] / (GAS_CONSTANT * LADDER), counts),
        folded=np.zeros((2, 14, 3), dtype=np.float32),
        tica=TicaModel(np.zeros(1), np.ones((1, 1)), 20.0, 20.0, np.ones(1), len(state)),
        temperature=335.0,
    )


@pytest.mark.parametrize("kelvin", [300.0, 316.0, 350.0, 420.0])
def test_energies_and_fluctuations_at_any_temperature(harmonic, kelvin):
    """Three degrees of freedom: U is 3/2 kT with a standard deviation of √(3/2) kT."""
    found = harmonic.at(kelvin)
    assert found.temperature == kelvin
    assert found.weights.sum() == pytest.approx(1)
    kt = GAS_CONSTANT * kelvin
    assert found.mean_potential == pytest.approx(1.5 * kt, rel=0.03)
    assert found.sd_potential == pytest.approx(np.sqrt(1.5) * kt, rel=0.05)
    assert FRAMES < found.effective_frames < len(found.weights)
    assert found.effective_frames == pytest.approx(effective_frames(found.weights))


@pytest.mark.parametrize("kelvin", [316.0, 400.0])
def test_unweighted_frames_are_those_of_the_temperature(harmonic, kelvin):
    weighted = harmonic.at(kelvin)
    found = weighted.unweighted
    assert len(found.weights) == round(weighted.effective_frames)
    assert np.ptp(found.weights) == 0
    assert found.mean_potential == pytest.approx(weighted.mean_potential, rel=0.01)
    assert found.sd_potential == pytest.approx(weighted.sd_potential, rel=0.02)
    np.testing.assert_array_equal(found.backbone, harmonic.frames[weighted.drawn])
    np.testing.assert_array_equal(harmonic.at(kelvin).drawn, weighted.drawn)
    # no frame is taken more often than its weight asks for, rounded up
    times = np.bincount(weighted.drawn, minlength=len(weighted.weights))
    assert (times < weighted.weights * len(found.weights) + 1).all()


@pytest.mark.parametrize("kelvin", [281.0, 299.0, 421.0, 474.0])
def test_temperatures_outside_of_the_exchange_are_refused(harmonic, kelvin):
    assert not harmonic.covers(kelvin)
    with pytest.raises(
        SettingsError, match=f"covers 300 to 420 K, which does not include {kelvin:g} K"
    ):
        harmonic.at(kelvin)


def test_round_trip_keeps_distances(harmonic, tmp_path):
    """Positions of an XTC file are multiples of 0.01 Å, which the file keeps."""
    exact = dataclasses.replace(
        harmonic, frames=np.round(harmonic.frames[:, :, :] - harmonic.frames[:, :1, :1], 2)
    )
    exact.save(tmp_path / "reference.npz")
    again = Reference.load(tmp_path / "reference.npz")
    np.testing.assert_allclose(ca_distances(again.ca), ca_distances(exact.ca), atol=1e-4)
    np.testing.assert_allclose(again.frames[:, :, 1].mean(axis=1), 0, atol=1e-4)
    for name in ("ladder", "state", "frame_replica", "time_ps", "free_energies", "temperature"):
        np.testing.assert_array_equal(getattr(again, name), getattr(exact, name))
    np.testing.assert_allclose(again.at(350.0).weights, exact.at(350.0).weights, rtol=1e-3)


def test_other_positions_change_by_less_than_the_resolution(harmonic, tmp_path):
    harmonic.save(tmp_path / "reference.npz")
    again = Reference.load(tmp_path / "reference.npz")
    before, after = (ca_distances(r.frames[:, :, 1]) for r in (harmonic, again))
    np.testing.assert_allclose(after, before, atol=0.01)


def test_failures_to_write_are_reported(harmonic, tmp_path):
    with pytest.raises(OutputError, match="Cannot write"):
        harmonic.save(tmp_path / "none" / "reference.npz")
    assert not list(tmp_path.iterdir())


# --- the bundled ones -------------------------------------------------------------------------


def test_bundled_references(protein):
    reference, length = protein.reference(), len(protein.sequence)
    assert reference is protein.reference()
    assert reference.temperature == protein.temperature
    np.testing.assert_allclose(reference.ladder[[0, -1]], [300, 450], atol=0.01)
    assert len(reference.ladder) == 16
    frames = len(reference.frames)
    for values in (
        reference.state, reference.potential, reference.frame_replica, reference.time_ps,
        reference.frame_temperatures,
    ):  # fmt: skip
        assert values.shape == (frames,)
    assert len(np.unique(reference.frame_replica)) == 32
    assert reference.frames.shape == (frames, length, 4, 3)
    assert reference.folded.shape == (length, 14, 3)
    # Å, centred, with the bonds of real peptides
    np.testing.assert_allclose(reference.frames[:, :, 1].mean(1), 0, atol=1e-4)
    n, ca, c, o = np.moveaxis(reference.frames, 2, 0)
    for a, b, bond in ((n, ca, 1.46), (ca, c, 1.53), (c, o, 1.23), (c[:, :-1], n[:, 1:], 1.34)):
        assert np.linalg.norm(a - b, axis=-1).mean() == pytest.approx(bond, abs=0.03)
    steps = np.linalg.norm(np.diff(reference.folded_ca, axis=0), axis=-1)
    np.testing.assert_allclose(steps, 3.8, atol=0.25)


def test_the_stored_free_energies_are_those_of_mbar(protein):
    reference = protein.reference()
    kelvin = reference.frame_temperatures
    for target in (305.0, protein.temperature):
        exact = temperature_weights(reference.potential, kelvin, target)
        np.testing.assert_allclose(reference.at(target).weights, exact, rtol=1e-3, atol=1e-9)


def test_weights_agree_with_the_frames_of_a_temperature(protein):
    """Weighted means of all frames lie within the errors of the frames of one temperature."""
    reference = protein.reference()
    rmsd = ca_rmsd(reference.frames[:, :, 1], reference.folded_ca)
    for k in (0, 5, 10, 15):
        own, found = reference.state == k, reference.at(reference.ladder[k])
        spread = reference.potential[own].std()
        assert abs(found.mean_potential - reference.potential[own].mean()) < spread / 3
        assert abs(found.weights @ (rmsd < 2.5) - (rmsd[own] < 2.5).mean()) < 0.1
        assert found.effective_frames > own.sum()


def test_the_protein_unfolds_with_temperature(protein):
    reference = protein.reference()
    folded = ca_rmsd(reference.frames[:, :, 1], reference.folded_ca) < 2.5
    fractions = [reference.at(kelvin).weights @ folded for kelvin in (300, 350, 400, 450)]
    assert (np.diff(fractions) < 0).all()


def test_default_frames_are_those_of_the_default_temperature(protein):
    reference = protein.reference()
    found = reference.at(protein.temperature).unweighted
    np.testing.assert_array_equal(reference.backbone, found.backbone)
    np.testing.assert_array_equal(reference.ca, found.ca)
    np.testing.assert_array_equal(reference.replica, found.replica)
    assert len(reference.ca) >= 1000


def test_tica_of_the_reference(protein):
    """The TICs have about the unit scale of a kinetic map, and do not depend on orientations."""
    reference = protein.reference()
    tica = reference.tica
    assert tica.n_residues == len(protein.sequence)
    assert reference.tics.shape == (len(reference.frames), tica.n_tics)
    eigenvalues = np.exp(-tica.lag_ps / tica.timescales_ps[:2])
    assert (reference.tics[:, :2].std(0) > 0.5 * eigenvalues).all()
    assert (reference.tics[:, :2].std(0) < 1.5 * eigenvalues).all()
    turned = reference.ca[:5] @ np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]).T + 7
    np.testing.assert_allclose(tica.transform(turned), tica.transform(reference.ca[:5]), atol=1e-3)


def test_free_energies_of_all_temperatures_share_their_bins(protein):
    system = load_system(protein.name)
    cold, default = system.reference.free_energy_at(300.0), system.reference.free_energy
    assert default.temperature_k == protein.temperature
    assert default.values.shape == (BINS, BINS)
    np.testing.assert_array_equal(cold.x_edges, default.x_edges)
    np.testing.assert_array_equal(cold.y_edges, default.y_edges)
    assert cold.n_frames == pytest.approx(system.reference.at(300.0).effective_frames, abs=1)
    assert not np.array_equal(np.isnan(cold.values), np.isnan(default.values))
    with pytest.raises(SettingsError, match="covers 300 to 450 K"):
        system.reference.free_energy_at(460.0)
