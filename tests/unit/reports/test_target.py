"""Targets from trajectories of the user."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import read_ensemble
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import Target, evaluate

from ..foreign_files import SEQUENCE
from .test_evaluation import QUICK


@pytest.fixture
def target(files) -> Target:
    trajectories = [files / "known.xtc", files / "run.xtc"]
    return Target.from_files(
        trajectories, topology=files / "top.pdb", lag_ps=20.0, temperature=350.0
    )


def test_from_trajectories(target, files, expected):
    assert target.sequence == SEQUENCE and target.ca.shape == (44, 10, 3)
    np.testing.assert_array_equal(target.trajectory, np.repeat([0, 1], 22))
    np.testing.assert_allclose(target.folded, expected[0], atol=0.011)
    assert (target.tica.lag_ps, target.tica.frame_ps, target.frame_ps) == (20.0, 20.0, 20.0)
    assert target.backbone.shape == (44, 10, 4, 3)
    notes = " ".join(target.notes)
    assert "lag 20 ps" in notes and "top.pdb" in notes and "300 K" not in notes
    assert [len(part) for part in target.split(target.ca)] == [22, 22]


def test_assumptions_are_mentioned_in_the_notes(files):
    found = Target.from_files([files / "models.pdb"])
    notes = " ".join(found.notes)
    assert found.tica is None and "No TICA: the files have no common time" in notes
    assert "the first frame, because none was given" in notes and "300 K" in notes
    with_times = Target.from_files([files / "models.pdb"], frame_ps=20.0)
    assert with_times.tica.lag_ps == 20.0, "a twentieth of 22 frames is one"
    short = Target.from_files([files / "singles" / "sample_0.pdb"], frame_ps=20.0)
    assert "the shortest trajectory has only 1 frames" in " ".join(short.notes)


def test_evaluation_against_it(target, files):
    found = evaluate([read_ensemble(files / "singles")], target, settings=QUICK)
    distance = found.ensembles[0].comparison["js_pwd"]
    assert distance.value < distance.baseline_mean / 2, "the frames are the same"
    without = Target.from_files([files / "models.pdb"])
    plain = evaluate([read_ensemble(files / "ca.npz")], without, settings=QUICK)
    assert plain.states is None and plain.known is None and plain.reference.tics is None
    assert "js_tic" not in {m.key for m in plain.ensembles[0].comparison}


def test_bundled_references():
    for name, times in (("chignolin", 20.0), ("trp-cage", None)):
        protein = proteins.get(name)
        found = Target.of_protein(protein)
        assert found.frame_ps == times
        assert found.temperature == protein.temperature
        assert protein.caution in found.notes


def test_invalid_input_is_named_in_the_error(files, tmp_path):
    top = files / "top.pdb"
    for given, options, error, message in (
        ([], {}, SettingsError, "No reference trajectory"),
        (["run.xtc"], {"topology": top, "lag_ps": 900.0}, SettingsError, "22 frames, no more than"),
        (["run.xtc"], {"topology": top, "lag_ps": 33.0}, SettingsError, "not a whole number of"),
        (["models.pdb"], {"lag_ps": 20.0}, SettingsError, "needs the time between frames"),
        (["models.pdb"], {"frame_ps": 0.0}, SettingsError, "frame_ps is 0"),
        (["models.pdb"], {"temperature": -3.0}, SettingsError, "temperature is -3"),
        (["run.xtc"], {}, StructureError, "has no topology"),
        (["none.xtc"], {"topology": top}, StructureError, "No such file"),
    ):
        with pytest.raises(error, match=message):
            Target.from_files([files / name for name in given], **options)
