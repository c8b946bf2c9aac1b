"""Labels in files: what is written is read, and weights ignore missing energies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.physics import COMPONENTS, EnergyConfig
from confdiff_widgets.physics.boltzmann_weights import choose_lambda, ess, reduced_energies
from confdiff_widgets.physics.labels import Labels

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def labels(chignolin_heavy):
    ensemble = Ensemble(chignolin_heavy.atom14.positions, SEQUENCE)
    rng = np.random.default_rng(0)
    energy = rng.normal(-300, 5, len(ensemble))
    energy[3] = np.nan
    return Labels(
        ensemble,
        energy,
        rng.normal(size=(len(ensemble), len(COMPONENTS))),
        rng.normal(size=(len(ensemble), 10, 3)).astype(np.float32),
        np.array(["overlap" if np.isnan(e) else "" for e in energy]),
        EnergyConfig(restraint=5.0),
    )


def test_labels_are_read_as_they_were_written(labels, tmp_path):
    labels.save(tmp_path / "a.npz")
    found = Labels.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.energy, labels.energy)
    np.testing.assert_array_equal(found.ca_forces, labels.ca_forces)
    assert found.reason.tolist() == labels.reason.tolist()
    assert found.config == labels.config and found.molecules.chemistry.residues[0] == "TYR"
    torch.testing.assert_close(found.ensemble.atom14, labels.ensemble.atom14)
    assert len(Ensemble.load(tmp_path / "a.npz")) == len(labels)


def test_weights_are_those_of_the_included_energies(labels):
    assert not labels.included[3] and labels.included.sum() == len(labels) - 1
    energies = labels.energy[labels.included]
    scale = choose_lambda(energies)
    assert labels.energy_scale == scale
    assert labels.ess == pytest.approx(ess(reduced_energies(energies, scale)))
    assert labels.ess == pytest.approx(len(energies) / 5, rel=0.05)


def test_an_ensemble_without_energies_is_refused(labels, tmp_path):
    labels.ensemble.save(tmp_path / "b.npz")
    with pytest.raises(StructureError, match=r"holds no energies.*confdiff label"):
        Labels.load(tmp_path / "b.npz")
