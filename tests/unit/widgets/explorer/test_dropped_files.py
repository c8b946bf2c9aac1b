"""Files that are dropped on the Explorer: what each opens, and refusals."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError, UserError
from confdiff_widgets.widgets.explorer.dropped_files import open_file
from confdiff_widgets.widgets.explorer.state import ExplorerState


@pytest.fixture
def state(make_session, tmp_path):
    return ExplorerState(make_session(folder=tmp_path, steps=3, seed=1), tmp_path)


def test_a_fasta_file_opens_its_sequence(state):
    assert open_file(state, {"name": "my.fasta", "text": ">a\nGASPK\n"}) == "GASPK"
    assert open_file(state, {"name": "chignolin.fa", "text": ">c\nYYDPETGTWY\n"}) == "YYDPETGTWY"


def test_a_structure_of_another_sequence_opens_that_sequence(state, data_dir):
    text = (data_dir / "trpcage.pdb").read_text()
    assert open_file(state, {"name": "trpcage.pdb", "text": text}) == "DAYAQWLADGGPSSGRPPPS"
    assert state.session.start is None


def test_a_structure_of_the_present_sequence_starts_a_run(state, data_dir):
    text = (data_dir / "chignolin_heavy.pdb").read_text()
    assert open_file(state, {"name": "chignolin_heavy.pdb", "text": text}) is None
    assert state.session.start.name == "chignolin_heavy.pdb"
    assert state.session.config.t_start < 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("run.xtc", "x", "run.xtc cannot be opened here. Drop a FASTA, PDB, mmCIF or GRO file"),
        ("a.fasta.gz", "x", "not packed"),
        ("two.fasta", ">a\nGASPK\n>b\nGASPW\n", "two.fasta has 2 sequences"),
        ("x.fasta", ">a\nGAXPK\n", "X"),
        ("empty.fasta", "", "empty.fasta"),
        ("empty.pdb", "", "empty.pdb"),
        ("packed.pdb", "\0", "packed.pdb is not a text file"),
        ("large.pdb", "x" * 20_000_001, "large.pdb is larger than 20 MB"),
        ("large.pdb", "é" * 10_000_001, "large.pdb is larger than 20 MB"),
        ("large.fasta", ">é\n" + "G" * 20_000_001, "large.fasta is larger than 20 MB"),
    ],
)
def test_other_files_are_refused_by_name(state, name, text, says):
    with pytest.raises(UserError, match=says):
        open_file(state, {"name": name, "text": text})
    assert state.session.start is None


def test_a_refusal_is_one_error(state):
    with pytest.raises(SettingsError):
        open_file(state, {"name": "", "text": ""})
