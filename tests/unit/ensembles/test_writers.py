"""PDB, mmCIF and XTC files for molecular viewers."""

from __future__ import annotations

import sys

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import Ensemble, OutputError
from confdiff_widgets.geometry.rotations import quat_to_matrix, random_quat


@pytest.fixture
def ensemble(chignolin_heavy) -> Ensemble:
    return Ensemble(chignolin_heavy.atom14.positions.float(), chignolin_heavy.atom14.sequence)


def ca_ensemble(ca: torch.Tensor) -> Ensemble:
    """Build an ensemble with these CA positions (N, L, 3)."""
    atom14 = torch.zeros(*ca.shape[:2], 14, 3)
    atom14[:, :, 1] = ca
    return Ensemble(atom14, "A" * ca.shape[1])


def test_rmsf_of_known_motion():
    """One residue of a rigid chain moves; rigid motion of whole conformers does not matter."""
    generator = torch.Generator().manual_seed(0)
    chain = 5 * torch.randn(60, 3, generator=generator)
    conformers = chain.repeat(400, 1, 1)
    conformers[:, 7] += torch.randn(400, 3, generator=generator)
    plain = ca_ensemble(conformers).rmsf
    assert plain[7] == pytest.approx(3**0.5, rel=0.1)
    assert np.delete(plain, 7).max() < 0.2
    turns = quat_to_matrix(random_quat((400,), generator=generator))
    moved = conformers @ turns.transpose(-1, -2) + torch.randn(400, 1, 3, generator=generator) * 9
    np.testing.assert_allclose(ca_ensemble(moved).rmsf, plain, atol=2e-3)
    assert ca_ensemble(conformers[:1]).rmsf.max() < 1e-6


def columns(path) -> list[tuple[int, float]]:
    lines = [line for line in path.read_text().splitlines() if line.startswith("ATOM")]
    return [(int(line[22:26]), float(line[60:66])) for line in lines]


@pytest.mark.parametrize("heavy", [False, True])
def test_pdb_has_models_and_b_factors_and_no_conect_records(ensemble, tmp_path, heavy):
    (path,) = ensemble.save(tmp_path / "c.pdb", heavy=heavy)
    text = path.read_text()
    numbers = [int(line[10:14]) for line in text.splitlines() if line.startswith("MODEL")]
    assert numbers == list(range(1, len(ensemble) + 1))
    assert "CONECT" not in text
    assert text.count("MODEL ") == len(ensemble) and text.count("ENDMDL") == len(ensemble)
    assert "TER" in text
    for number, b in columns(path):
        assert b == pytest.approx(ensemble.rmsf[number - 1], abs=0.006)
    assert ensemble.rmsf.min() > 0.05


def test_a_single_conformer_is_no_model(ensemble, tmp_path):
    (path,) = Ensemble(ensemble.atom14[:1], ensemble.sequence).save(tmp_path / "c.pdb")
    assert "MODEL" not in path.read_text()


def test_mmcif(ensemble, tmp_path):
    pytest.importorskip("openmm")
    (path,) = ensemble.save(tmp_path / "c.cif", heavy=True)
    back = mdtraj.load(str(path))
    np.testing.assert_allclose(10 * back.xyz, 10 * ensemble.trajectory(heavy=True).xyz, atol=2e-3)
    text = path.read_text()
    models = [line.split()[-1] for line in text.splitlines() if line.startswith("ATOM")]
    assert list(dict.fromkeys(models)) == [str(i) for i in range(1, len(ensemble) + 1)]
    assert "_atom_site.Cartn_x" in text and "_atom_site.B_iso_or_equiv" in text
    row = next(line for line in text.splitlines() if line.startswith("ATOM"))
    assert f"{ensemble.rmsf[0]:.2f}" in row


def test_xtc_comes_with_a_topology(ensemble, tmp_path):
    path, topology = ensemble.save(tmp_path / "c.xtc", heavy=True)
    assert topology.name == "c-topology.pdb"
    assert mdtraj.load(str(path), top=str(topology)).n_frames == len(ensemble)
    assert {round(b, 2) for _, b in columns(topology)} == {
        round(float(b), 2) for b in np.round(ensemble.rmsf, 2)
    }


def test_b_factors_are_limited_to_the_column_width(ensemble, tmp_path):
    large = Ensemble(ensemble.atom14 * 200, ensemble.sequence)
    (path,) = large.save(tmp_path / "c.pdb")
    assert max(b for _, b in columns(path)) == 99.99


@pytest.mark.parametrize("ending", ["pdb", "cif", "xtc", "npz"])
def test_diverged_conformers_are_rejected(ensemble, tmp_path, ending):
    diverged = Ensemble(ensemble.atom14 * 1e8, ensemble.sequence)
    with pytest.raises(OutputError, match="the run has diverged"):
        diverged.save(tmp_path / f"c.{ending}")
    assert not list(tmp_path.iterdir())


def test_mmcif_requires_openmm(ensemble, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(OutputError, match="requires OpenMM, which is not installed"):
        ensemble.save(tmp_path / "c.cif")
    assert list(tmp_path.iterdir()) == []
