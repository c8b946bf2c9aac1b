"""Targets from trajectories of the user."""

from __future__ import annotations

import mdtraj
import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import read_ensemble
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import Target, evaluate
from confdiff_widgets.reports import target as target_module

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


def timed(folder, heavy, times, copies=1):
    """Save frames at these times, with their topology."""
    frames = mdtraj.join([heavy] * copies)
    frames.time = np.asarray(times, dtype=np.float32)
    frames.save_xtc(str(folder / "timed.xtc"))
    heavy[0].save_pdb(str(folder / "timed.pdb"))
    return folder / "timed.xtc"


def test_joined_trajectories_are_split_at_the_joint(target, files, heavy, tmp_path):
    joined = timed(tmp_path, heavy, np.tile(20.0 * np.arange(22), 2), copies=2)
    found = Target.from_files([joined], topology=files / "top.pdb", lag_ps=20.0, temperature=350.0)
    np.testing.assert_array_equal(found.trajectory, target.trajectory)
    np.testing.assert_allclose(found.tica.timescales_ps, target.tica.timescales_ps, rtol=1e-6)
    assert any("2 continuous pieces" in note for note in found.notes)


def test_short_pieces_do_not_count_in_the_tica(heavy, tmp_path):
    times = np.append(20.0 * np.arange(20), [900.0, 920.0])
    found = Target.from_files([timed(tmp_path, heavy, times)], lag_ps=60.0)
    assert found.tica.n_frames == 20
    assert any("1 of 2 continuous pieces" in note for note in found.notes)


def test_uneven_times_give_no_tica(heavy, tmp_path):
    path = timed(tmp_path, heavy, np.cumsum(np.arange(22.0)))
    found = Target.from_files([path])
    assert found.tica is None
    assert any("uneven times: 1 to 21 ps" in note for note in found.notes)
    for given in ({"lag_ps": 20.0}, {"frame_ps": 5.0}):
        with pytest.raises(SettingsError, match="uneven times"):
            Target.from_files([path], **given)


def test_a_given_time_between_frames_counts_for_frames_of_the_file(heavy, tmp_path, monkeypatch):
    path = timed(tmp_path, heavy, 20.0 * np.arange(22))
    found = Target.from_files([path], frame_ps=5.0)
    assert found.frame_ps == 5.0
    assert any("5 ps between frames, as given; its times say 20 ps" in n for n in found.notes)
    monkeypatch.setattr(target_module, "MAX_FRAMES", 11)
    assert Target.from_files([path], frame_ps=5.0).frame_ps == 10.0, "every second frame"


@pytest.mark.parametrize("ending", ["gro", "cif"])
def test_topologies_of_other_formats(target, files, heavy, tmp_path, ending):
    topology = tmp_path / f"top.{ending}"
    heavy[0].save(str(topology))
    found = Target.from_files([files / "run.xtc"], topology=topology, lag_ps=20.0)
    np.testing.assert_allclose(found.folded, target.folded, atol=0.011)


def test_evaluation_against_it(target, files):
    found = evaluate([read_ensemble(files / "singles")], target, settings=QUICK)
    distance = found.ensembles[0].comparison["js_pwd"]
    assert distance.value < distance.baseline_mean / 2, "the frames are the same"
    without = Target.from_files([files / "models.pdb"])
    plain = evaluate([read_ensemble(files / "ca.npz")], without, settings=QUICK)
    assert plain.states is None and plain.known is None and plain.reference.tics is None
    assert "js_tic" not in {m.key for m in plain.ensembles[0].comparison}


def test_bundled_references():
    for name in proteins.names():
        protein = proteins.get(name)
        found = Target.of_protein(protein)
        assert found.frame_ps is None
        assert found.temperature == protein.temperature
        assert protein.caution in found.notes
        cold = Target.of_protein(protein, 320.0)
        assert cold.temperature == 320
        ensemble = protein.reference().at(320.0)
        assert len(cold.ca) == round(ensemble.effective_frames) == len(cold.trajectory)
        assert f"worth {len(cold.ca)} of its" in cold.notes[0]
        with pytest.raises(SettingsError, match="does not include 460 K"):
            Target.of_protein(protein, 460.0)


def test_invalid_input_is_named_in_the_error(files, tmp_path):
    top = files / "top.pdb"
    for given, options, error, message in (
        ([], {}, SettingsError, "No reference trajectory"),
        (["run.xtc"], {"topology": top, "lag_ps": 900.0}, SettingsError, "22 frames, no more than"),
        (["run.xtc"], {"topology": top, "lag_ps": 33.0}, SettingsError, "not a whole number of"),
        (["models.pdb"], {"lag_ps": 20.0}, SettingsError, "needs the time between frames"),
        (["models.pdb"], {"frame_ps": 0.0}, SettingsError, "frame_ps is 0"),
        (["models.pdb"], {"frame_ps": float("inf")}, SettingsError, "frame_ps is inf"),
        (["models.pdb"], {"frame_ps": float("nan")}, SettingsError, "frame_ps is nan"),
        (["run.xtc"], {"topology": top, "lag_ps": float("inf")}, SettingsError, "lag_ps is inf"),
        (["models.pdb"], {"temperature": -3.0}, SettingsError, "temperature is -3"),
        (["models.pdb"], {"temperature": float("inf")}, SettingsError, "temperature is inf"),
        (["run.xtc"], {}, StructureError, "has no topology"),
        (["none.xtc"], {"topology": top}, StructureError, "No such file"),
    ):
        with pytest.raises(error, match=message):
            Target.from_files([files / name for name in given], **options)


@pytest.mark.parametrize(("name", "cutoff"), [("chignolin", 2.0), ("trp-cage", 3.0)])
def test_the_cutoff_for_folded_is_that_of_the_protein(name, cutoff):
    assert Target.of_protein(proteins.get(name)).folded_cutoff == cutoff
