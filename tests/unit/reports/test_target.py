"""References of the user's own."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import read_ensemble
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import Target, evaluate

from ..foreign_files import SEQUENCE
from .test_evaluate import QUICK


@pytest.fixture
def own(files) -> Target:
    trajectories = [files / "known.xtc", files / "run.xtc"]
    return Target.from_files(
        trajectories, topology=files / "top.pdb", lag_ps=20.0, temperature=350.0
    )


def test_of_trajectories(own, files, expected):
    assert own.sequence == SEQUENCE and own.ca.shape == (44, 10, 3)
    np.testing.assert_array_equal(own.trajectory, np.repeat([0, 1], 22))
    np.testing.assert_allclose(own.folded, expected[0], atol=0.011)
    assert (own.tica.lag_ps, own.tica.frame_ps, own.frame_ps) == (20.0, 20.0, 20.0)
    assert own.backbone.shape == (44, 10, 4, 3)
    told = " ".join(own.notes)
    assert "lag 20 ps" in told and "top.pdb" in told and "300 K" not in told
    assert [len(part) for part in own.split(own.ca)] == [22, 22]


def test_what_is_assumed_is_said(files):
    found = Target.from_files([files / "models.pdb"])
    told = " ".join(found.notes)
    assert found.tica is None and "No TICA: the files do not say the time" in told
    assert "the first frame, for want of another" in told and "300 K" in told
    with_times = Target.from_files([files / "models.pdb"], frame_ps=20.0)
    assert with_times.tica.lag_ps == 20.0, "a twentieth of 22 frames is one"
    short = Target.from_files([files / "singles" / "sample_0.pdb"], frame_ps=20.0)
    assert "a trajectory has 1 frames only" in " ".join(short.notes)


def test_judging_against_it(own, files):
    found = evaluate([read_ensemble(files / "singles")], own, settings=QUICK)
    distance = found.judged[0].comparison["js_pwd"]
    assert distance.value < distance.floor_mean / 2, "it is the same frames"
    without = Target.from_files([files / "models.pdb"])
    plain = evaluate([read_ensemble(files / "ca.npz")], without, settings=QUICK)
    assert plain.states is None and plain.known is None and plain.reference.tics is None
    assert "js_tic" not in {m.key for m in plain.judged[0].comparison}


def test_bundled_ones():
    for name, times in (("chignolin", 20.0), ("trp-cage", None)):
        protein = proteins.get(name)
        found = Target.of_protein(protein)
        assert found.frame_ps == times
        assert found.temperature == protein.temperature
        assert protein.caution in found.notes


def test_bad_input_is_named(files, tmp_path):
    top = files / "top.pdb"
    for given, options, error, message in (
        ([], {}, SettingsError, "No reference trajectory"),
        (["run.xtc"], {"topology": top, "lag_ps": 900.0}, SettingsError, "22 frames, no more than"),
        (["run.xtc"], {"topology": top, "lag_ps": 33.0}, SettingsError, "no whole number of"),
        (["models.pdb"], {"lag_ps": 20.0}, SettingsError, "needs the time between frames"),
        (["models.pdb"], {"frame_ps": 0.0}, SettingsError, "frame_ps is 0"),
        (["models.pdb"], {"temperature": -3.0}, SettingsError, "temperature is -3"),
        (["run.xtc"], {}, StructureError, "has no topology"),
        (["none.xtc"], {"topology": top}, StructureError, "No such file"),
    ):
        with pytest.raises(error, match=message):
            Target.from_files([files / name for name in given], **options)
