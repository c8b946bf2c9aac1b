"""`open_ensemble`: the conformers of a file, eight at a time."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.widgets.ensembles import ensemble_file
from confdiff_widgets.widgets.notebook import NotebookNeededError


@pytest.fixture
def in_notebook(monkeypatch):
    monkeypatch.setattr(ensemble_file, "require_notebook", lambda: None)


def test_the_slider_chooses_the_first_conformer(in_notebook, data_dir):
    box = ensemble_file.open_ensemble(data_dir / "chignolin_heavy.xtc",
                                      data_dir / "chignolin_heavy.pdb")  # fmt: skip
    about, viewer, first = box.children
    assert about.value == "chignolin_heavy.xtc: 22 conformers of Chignolin CLN025"
    assert (first.value, first.max, first.disabled) == (0, 14, False)
    first.value = 14
    assert viewer.slots == 8
    box.close()


def test_ca_atoms_alone_are_a_trace(in_notebook, tmp_path):
    ca = np.zeros((2, 6, 3), dtype=np.float32)
    ca[..., 0] = 3.8 * np.arange(6) + np.arange(2)[:, None]
    np.savez(tmp_path / "<b>.npz", ca=ca, sequence="ACDEFG")
    about, _, first = ensemble_file.open_ensemble(tmp_path / "<b>.npz").children
    assert about.value.startswith("&lt;b&gt;.npz: 2 conformers of ACDEFG, CA atoms only")
    assert first.disabled


def test_files_that_cannot_be_read_and_scripts_are_refused(in_notebook, tmp_path, monkeypatch):
    with pytest.raises(StructureError):
        ensemble_file.open_ensemble(tmp_path / "missing.pdb")
    monkeypatch.undo()
    with pytest.raises(NotebookNeededError):
        ensemble_file.open_ensemble(tmp_path / "missing.pdb")
