"""`confdiff path`: files, refusals and interruption."""

import csv
import json
import re
from pathlib import Path

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.analysis import ca_rmsd
from confdiff_widgets.sampling import pathways
from confdiff_widgets.sampling.pathways import Pathway


@pytest.fixture
def ends(chignolin_heavy):
    """Two frames of a simulation as PDB files."""
    for name, frame in (("a.pdb", 0), ("b.pdb", 21)):
        chignolin_heavy.mdtraj[frame].save(name)
    return "--from", "a.pdb", "--to", "b.pdb"


SHORT = ("--images", 5, "--iterations", 2, "--t", 0.1)


def test_images_and_profile_are_written(confdiff, ends):
    result = confdiff("path", "chignolin", *ends, *SHORT, "--temperature", 340, "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["files"] == ["chignolin-path.pdb", "chignolin-path.csv"]
    assert summary["temperature"] == 340
    assert not summary["converged"]
    assert "has not converged after 2 iterations" in summary["note"]
    images = mdtraj.load("chignolin-path.pdb")
    assert images.n_frames == 5
    start = mdtraj.load("a.pdb")
    ca = [10 * x.xyz[:, x.top.select("name CA")] for x in (images, start)]
    assert ca_rmsd(ca[0][:1], ca[1][0])[0] < 0.01
    rows = list(csv.DictReader(Path("chignolin-path.csv").read_text().splitlines()))
    assert [row["image"] for row in rows] == list("12345")
    arc = np.array([float(row["arc_length_angstrom"]) for row in rows])
    assert arc[-1] == pytest.approx(summary["length_angstrom"], abs=1e-3)
    assert float(rows[0]["minus_log_density_kt"]) == 0


def test_same_command_gives_the_same_files(confdiff, ends):
    texts = []
    for out in ("x.pdb", "y.pdb"):
        result = confdiff("path", "chignolin", *ends, *SHORT, "--out", out)
        assert result.exit_code == 0, result.stderr
        assert "5 images of YYDPETGTWY" in result.stdout
        texts.append(Path(out).read_text() + Path(out).with_suffix(".csv").read_text())
    assert texts[0] == texts[1]


def test_a_file_with_several_sequences_is_refused(refused, ends):
    Path("two.fasta").write_text(">a\nACDEFG\n>b\nACDEFGH\n")
    assert "two.fasta has 2 sequences" in refused("path", "two.fasta", *ends, *SHORT)


def test_refused_ends(refused, ends, data_dir, monkeypatch):
    message = refused("path", "chignolin", "--from", "a.pdb", "--to", "a.pdb", *SHORT)
    assert "a.pdb and a.pdb are the same structure (CA-RMSD 0.00 Å)" in message
    other = data_dir / "trpcage.pdb"
    assert "sequence" in refused("path", "chignolin", "--from", "a.pdb", "--to", other, *SHORT)
    monkeypatch.setattr(pathways.ends, "FARTHEST", 0.02)
    message = refused("path", "chignolin", *ends, *SHORT)
    assert "a.pdb is outside of the model's data" in message
    assert re.search(r"CA-RMSD of 0\.\d Å, and the limit is 0\.02 Å", message)


def test_interruption_writes_the_path_so_far(confdiff, ends, monkeypatch):
    step = Pathway.step

    def interrupted(self):
        if self.state.iteration == 1:
            raise KeyboardInterrupt
        return step(self)

    monkeypatch.setattr(Pathway, "step", interrupted)
    result = confdiff("path", "chignolin", *ends, *SHORT, "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["iterations"] == 1
    assert summary["note"] == "Stopped: the path so far is written."
    assert mdtraj.load("chignolin-path.pdb").n_frames == 5
