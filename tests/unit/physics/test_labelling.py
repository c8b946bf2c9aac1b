"""Resuming an interrupted labelling, and refusing the journal of other conformers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import Ensemble, OutputError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.physics import EnergyConfig, PhysicsError
from confdiff_widgets.physics.labelling import label

RAW = EnergyConfig(platform="CPU", minimise=False)


class Stop(Exception):
    pass


@pytest.fixture
def ensemble(chignolin_heavy) -> Ensemble:
    return Ensemble(chignolin_heavy.atom14.positions[:8], "YYDPETGTWY")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "labels.npz"


def stop_after(count: int):
    def progress(done, result):
        if done == count:
            raise Stop

    return progress


def test_an_interrupted_labelling_resumes(ensemble, path):
    with pytest.raises(Stop):
        label(ensemble, path, RAW, workers=1, progress=stop_after(3))
    assert not path.exists()
    with path.with_name("labels.npz.partial").open("a") as journal:
        journal.write('{"key": 7, "ener')  # as left by a killed process
    seen: list[int] = []
    found = label(ensemble, path, RAW, workers=1, progress=lambda done, result: seen.append(done))
    assert seen == [4, 5, 6, 7, 8]
    assert list(path.parent.iterdir()) == [path]
    whole = label(ensemble, path.with_name("whole.npz"), RAW, workers=1)
    np.testing.assert_array_equal(found.ca_forces, whole.ca_forces)
    np.testing.assert_array_equal(found.energy, whole.energy)


def test_conformers_with_broken_bonds_have_no_energy(ensemble, path):
    torn = ensemble.atom14.clone()
    torn[2, 5:] += 9.0
    torn[4, 3, 6] += 5.0  # CD of proline
    found = label(Ensemble(torn, ensemble.sequence), path, RAW, workers=1)
    assert np.flatnonzero(np.isnan(found.energy)).tolist() == [2, 4]
    assert found.reason[2] == "broken bonds C–N of E5 and T6"
    assert "of P4" in found.reason[4]
    whole = label(ensemble, path.with_name("whole.npz"), RAW, workers=1)
    np.testing.assert_array_equal(found.energy[[0, 1, 3]], whole.energy[[0, 1, 3]])


def test_a_chain_with_a_gap_is_refused(ensemble, path):
    gap = Ensemble(ensemble.atom14[:, [0, 1, 2, 3, 6, 7, 8, 9]], "YYDPGTWY")
    with pytest.raises(StructureError, match=r"in 8 of 8 frames: C–N of P4 and G5"):
        label(gap, path, RAW, workers=1)
    assert not list(path.parent.iterdir())


def test_a_journal_of_other_conformers_is_rejected(ensemble, path):
    with pytest.raises(Stop):
        label(ensemble, path, RAW, workers=1, progress=stop_after(1))
    other = Ensemble(ensemble.atom14[1:], ensemble.sequence)
    with pytest.raises(OutputError, match="other conformers or settings"):
        label(other, path, RAW, workers=1)


def test_an_ensemble_without_a_finite_energy_is_rejected(ensemble, path):
    nothing = Ensemble(ensemble.atom14[:2] * torch.nan, ensemble.sequence)
    with pytest.raises(PhysicsError, match="finite energy"):
        label(nothing, path, RAW, workers=1)
