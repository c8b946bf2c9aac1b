"""Replica-exchange files of peptides as training data."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.models.temperature import eta_of_temperature
from confdiff_widgets.training.peptides import PeptideSet, read_replica_exchange
from confdiff_widgets.training.recipe import load_recipe

SPLG = Path(__file__).parents[2] / "data" / "peptides" / "0046_SPLG.npz"
"""6 frames of 3 replicas."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("0046_SPLG", "0047_SPLG", "0049_SPLG"):
        shutil.copy(SPLG, tmp_path / f"{name}.npz")
    return tmp_path


def test_frames_keep_their_replica_temperature_and_energy():
    arrays = np.load(SPLG)
    found = read_replica_exchange(SPLG, skip=2)
    ca = [line[12:16].strip() for line in str(arrays["pdb"]).splitlines() if line[:4] == "ATOM"]
    expected = 10 * arrays["xyz_nm"][2:, :, [name == "CA" for name in ca]].astype(np.float32)
    positions = found.atoms.positions[:, :, 1].numpy()
    np.testing.assert_allclose(positions.reshape(4, 3, -1, 3), expected, rtol=1e-6)
    np.testing.assert_array_equal(found.kelvin, arrays["temperature_k"][2:])
    np.testing.assert_array_equal(found.potential, arrays["potential_kj_mol"][2:])


def test_a_recipe_takes_a_folder_without_held_out_peptides(folder):
    recipe = folder / "recipe.toml"
    recipe.write_text(
        "[network]\ntemperature = 8\nsigma_min = 0.02\n[training]\nt_min = 0.005\n"
        '[[peptides]]\nfiles = "00*.npz"\nexclude = ["*9_*.npz"]\nskip = 1\nprobability = 0.5\n',
        encoding="utf-8",
    )
    found = load_recipe(recipe)
    assert [protein.name for protein in found.proteins] == ["0046_SPLG", "0047_SPLG"]
    assert found.probabilities == [0.25, 0.25]
    assert (found.network.temperature, found.network.t_min) == (8, 0.005)
    conformers = found.read()[0]
    assert conformers.sequence == "SPLG" and len(conformers) == 15
    kelvin = torch.from_numpy(np.load(SPLG)["temperature_k"][1:].ravel()).double()
    torch.testing.assert_close(conformers.inverse_temperature, eta_of_temperature(kelvin).float())
    assert conformers.replica.tolist() == [0, 1, 2] * 5
    distance = (conformers.backbone[:, 1:, 0] - conformers.backbone[:, :-1, 2]).norm(dim=-1)
    assert ((distance > 1.25) & (distance < 1.45)).all()  # C–N, Å


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("pdb"), "Cannot read the replica exchange"),
        (lambda arrays: arrays.update(pdb=np.array("no structure")), "Cannot read"),
        (
            lambda arrays: arrays.update(temperature_k=arrays["temperature_k"][:2]),
            "temperature_k has the shape",
        ),
        (lambda arrays: arrays.update(xyz_nm=arrays["xyz_nm"][..., :2]), "xyz_nm has the shape"),
    ],
)
def test_damaged_files_are_refused(tmp_path, change, message):
    arrays = dict(np.load(SPLG))
    change(arrays)
    path = tmp_path / "damaged.npz"
    np.savez(path, **arrays)
    with pytest.raises(SettingsError, match=message):
        read_replica_exchange(path)


def test_files_that_are_no_archive_are_refused(tmp_path):
    path = tmp_path / "text.npz"
    path.write_text("no archive")
    with pytest.raises(SettingsError, match="Cannot read the replica exchange"):
        read_replica_exchange(path)


def test_nothing_left_is_refused(folder):
    with pytest.raises(SettingsError, match="has no frames after the first 9"):
        read_replica_exchange(SPLG, skip=9)
    with pytest.raises(SettingsError, match="skip is -1"):
        PeptideSet("0*.npz", skip=-1)
    with pytest.raises(SettingsError, match="probability is 0"):
        PeptideSet("0*.npz", probability=0)
    with pytest.raises(SettingsError, match="No peptide file matches"):
        PeptideSet("1*.npz").find(folder)
    with pytest.raises(SettingsError, match="No peptide file matches"):
        PeptideSet("0*.npz", exclude=["*_SPLG.npz"]).find(folder)


@pytest.mark.parametrize("kelvin", [0.0, -300.0, 20_000.0])
def test_impossible_temperatures_are_refused(folder, kelvin):
    path = folder / "0046_SPLG.npz"
    arrays = dict(np.load(path))
    arrays["temperature_k"][3, 1] = kelvin
    np.savez(path, **arrays)
    with pytest.raises(SettingsError, match=f"0046_SPLG has a temperature of {kelvin:g} K"):
        PeptideSet("0046*.npz").find(folder)[0].read(folder)


@pytest.mark.parametrize("name", ["xyz_nm", "temperature_k", "potential_kj_mol"])
def test_numbers_that_are_not_finite_are_refused(folder, name):
    path = folder / "0046_SPLG.npz"
    arrays = dict(np.load(path))
    arrays[name][3, 1] = np.nan
    np.savez(path, **arrays)
    with pytest.raises(SettingsError, match=f"{name} contains NaN"):
        PeptideSet("0046*.npz").find(folder)[0].read(folder)
