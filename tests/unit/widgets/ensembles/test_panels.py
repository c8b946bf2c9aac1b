"""The ensemble panels, without a browser."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd
from confdiff_widgets.analysis.local_geometry import secondary_structure
from confdiff_widgets.ensembles import Ensemble, EnsembleData
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import EvaluationSettings, Target, evaluate
from confdiff_widgets.widgets.ensembles import ensemble_file, ensemble_view, metastable_states_view
from confdiff_widgets.widgets.ensembles.ensemble_view import EnsembleView, _interleave
from confdiff_widgets.widgets.ensembles.metastable_states_view import MetastableStates
from confdiff_widgets.widgets.notebook import NotebookNeededError

QUICK = EvaluationSettings(baseline_draws=2, n_bootstrap=2, n_states=3)


@pytest.fixture(autouse=True)
def in_a_kernel(monkeypatch):
    for module in (ensemble_file, ensemble_view, metastable_states_view):
        monkeypatch.setattr(module, "require_notebook", lambda: None)


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.of_protein(proteins.get("chignolin"))


@pytest.fixture(scope="module")
def evaluation(target):
    frames = target.backbone[::60]
    return evaluate(
        [
            EnsembleData("all", target.sequence, frames[:, :, 1], frames),
            EnsembleData("trace", target.sequence, frames[::2, :, 1]),
        ],
        target,
        settings=QUICK,
    )


class Points:
    def __init__(self, *indices: int):
        self.point_inds = list(indices)


def lasso(trace, *indices):
    for callback in trace._select_callbacks:
        callback(trace, Points(*indices), None)


def click(trace, index):
    for callback in trace._click_callbacks:
        callback(trace, Points(index), None)


def test_clicks_and_lassos_show_structures(evaluation):
    view = EnsembleView(evaluation)
    assert view.shown == [(k, i) for k in range(2) for i in range(4)]
    trace = view._points[0]
    click(trace, 17)
    assert view.shown == [(0, 17)]
    assert trace.selectedpoints == (17,)
    assert "all, frame 17" in view._caption.value
    lasso(trace, *range(20, 40))
    assert view.shown == [(0, i) for i in range(20, 28)]
    assert "20 selected" in view._caption.value
    click(view._points[1], 3)
    assert view.shown == [(1, 3)] and "trace, frame 3" in view._caption.value
    drawn = view.viewer._conformers.backbone[0]
    ca = evaluation.ensembles[1].data.ca[3]
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(drawn[:, 1], axis=0), axis=-1),
        np.linalg.norm(np.diff(ca, axis=0), axis=-1),
        atol=1e-3,
    )
    lines = np.linalg.norm(np.diff(drawn[:, [0, 1, 2]].reshape(-1, 3), axis=0), axis=-1)
    assert lines[1:-1].max() < 1.4, "N and C are between CA atoms"
    assert (secondary_structure(drawn[None], evaluation.target.sequence) == "C").all()


def test_lower_plots_replace_each_other(evaluation):
    view = EnsembleView(evaluation)
    upper = len(view.plots.upper)
    for title in view._lower.options:
        view._lower.value = title
        lower = view.plots.figure.data[upper:]
        assert lower and all(trace.yaxis == "y2" for trace in lower), title
    assert view.plots.figure.data[:upper] == view.plots.upper


def test_states_show_representatives_and_frames(evaluation):
    panel = MetastableStates(evaluation)
    assert "Representatives" in panel.showing
    shown = panel.viewer._conformers
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(shown.backbone[:, :, 1], axis=1), axis=-1),
        np.linalg.norm(np.diff(evaluation.target.ca[evaluation.medoids], axis=1), axis=-1),
        atol=1e-3,
    )
    click(panel.plots.upper[0], 1)
    assert panel.showing == "Representative of state 2."
    click(panel.plots.upper[1], 0)
    inside = int((evaluation.ensembles[0].statistics.labels == 0).sum())
    assert panel.showing == f"8 of {inside} frames of all in state 1."
    with pytest.raises(SettingsError, match="State 7 does not exist"):
        panel.show_state(7)


def test_accepted_and_rejected_ensembles(evaluation, target, tmp_path):
    positions = torch.zeros(40, 10, 14, 3)
    positions[:, :, :4] = torch.from_numpy(target.backbone[::141][:40])
    ensemble = Ensemble(positions, target.sequence)
    ensemble.save(tmp_path / "stored.npz")
    view = EnsembleView({"live": ensemble, "stored": tmp_path / "stored.npz"}, settings=QUICK)
    one, two = view.evaluation.ensembles
    assert (one.data.name, two.data.name) == ("live", "stored")
    assert one.comparison["js_pwd"].value == two.comparison["js_pwd"].value
    with pytest.raises(SettingsError, match="has its settings already"):
        EnsembleView(evaluation, "chignolin")
    with pytest.raises(SettingsError, match="No ensemble is given"):
        EnsembleView({})
    with pytest.raises(StructureError, match="is not this protein"):
        EnsembleView(ensemble, "trp-cage", settings=QUICK)
    other = EnsembleData("x", "AAAAAAAAAA", target.ca[:9])
    with pytest.raises(SettingsError, match="No reference of AAAAAAAAAA is bundled"):
        EnsembleView(other)


def test_ensembles_and_references_may_have_only_ca_atoms(target, tmp_path):
    bare = replace(target, backbone=None, folded_backbone=None)
    np.savez(tmp_path / "trace.npz", ca=target.ca[::141], sequence=target.sequence)
    panel = MetastableStates(tmp_path / "trace.npz", bare, settings=QUICK)
    drawn = panel.viewer._conformers.backbone[:, :, 1]
    np.testing.assert_allclose(
        ca_rmsd(drawn[:1], target.ca[panel.evaluation.medoids[0]]), 0, atol=1e-3
    )
    panel.show_state(0, 0)
    assert "frames of trace in state 1" in panel.showing
    box = ensemble_file.open_ensemble(tmp_path / "trace.npz")
    count = len(target.ca[::141])
    assert f"{count} conformers of Chignolin CLN025, CA atoms only" in box.children[0].value


def test_a_chain_with_a_tag_is_compared_with_its_protein(target):
    tag = np.zeros((40, 2, 3), np.float32)
    ca = np.concatenate([tag, target.ca[::141][:40]], axis=1)
    view = EnsembleView(EnsembleData("x", "GS" + target.sequence, ca), settings=QUICK)
    assert view.evaluation.target.name == target.name
    assert "2 residues beyond the protein" in view.children[0].value


def test_only_common_residues_are_drawn(target):
    kept = [0, 1, 2, 3, 6, 7, 8, 9]
    backbone = target.backbone[::291][:, kept]
    data = EnsembleData("gap", "YYDPGTWY", backbone[:, :, 1], backbone)
    view = EnsembleView(data, target, settings=QUICK)
    assert view.viewer.sequence == "YYDPGTWY"
    assert "Compared on 8 of 10 residues" in view.children[0].value


def test_a_reference_without_tica(target, tmp_path):
    ca = target.ca[::50]
    plain = Target(
        "plain", target.sequence, ca, None, np.zeros(len(ca), int), target.folded, None, None,
        300.0, None, (),
    )  # fmt: skip
    data = EnsembleData("x", target.sequence, target.ca[::70], target.backbone[::70])
    view = EnsembleView(data, plain, settings=QUICK)
    assert "no TICA" in view.plots.figure.layout.annotations[0].text
    assert len(view.shown) == 8
    with pytest.raises(SettingsError, match="so it has no metastable states"):
        MetastableStates(data, plain, settings=QUICK)


def test_names_are_escaped(target):
    data = EnsembleData("<b>x", target.sequence, target.ca[::70])
    view = EnsembleView(data, target, settings=QUICK)
    assert not any("<b>x" in getattr(child, "value", "") for child in view.children)


def test_ensembles_alternate_in_a_lasso_selection():
    assert _interleave([(0, 1), (0, 2), (0, 3), (1, 7)]) == [(0, 1), (1, 7), (0, 2), (0, 3)]


def test_needs_a_notebook(evaluation, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(NotebookNeededError):
        EnsembleView(evaluation)
    with pytest.raises(NotebookNeededError):
        MetastableStates(evaluation)
