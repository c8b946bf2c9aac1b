"""File endings, topology names, and the context menu of JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from confdiff_widgets.ensembles import file_formats

CONTEXT_MENU = Path(__file__).parents[3] / "js" / "labextension" / "src" / "files.ts"


def endings_in_context_menu(name: str) -> list[str]:
    """Read a list of endings from the source of the JupyterLab extension."""
    (listed,) = re.findall(rf"const {name} = \[(.*?)\]", CONTEXT_MENU.read_text(), re.DOTALL)
    return re.findall(r'"(\.\w+)"', listed)


def test_context_menu_offers_only_readable_files():
    sequences, structures, ensembles = map(
        endings_in_context_menu, ("SEQUENCES", "STRUCTURES", "TRAJECTORIES")
    )
    assert sequences and set(sequences) <= set(file_formats.FASTA)
    assert structures == list(file_formats.STRUCTURES)
    assert ensembles and set(ensembles) <= {*file_formats.ENSEMBLE_TRAJECTORIES, ".npz"}


def test_written_formats_can_be_read():
    readable = {*file_formats.ENSEMBLE_STRUCTURES, *file_formats.ENSEMBLE_TRAJECTORIES, ".npz"}
    assert set(file_formats.WRITABLE) <= readable
    assert set(file_formats.STRUCTURES) <= set(file_formats.ENSEMBLE_STRUCTURES)
    assert set(file_formats.TRAJECTORIES) <= set(file_formats.ENSEMBLE_TRAJECTORIES)
    assert set(file_formats.TIMED_TRAJECTORIES) <= set(file_formats.ENSEMBLE_TRAJECTORIES)


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.PDB", ".pdb"), ("a.pdb.gz", ".pdb.gz"), ("a.b.xtc", ".xtc"), ("a", ""), ("a.gz", ".gz")],
)
def test_file_ending(name, ending):
    assert file_formats.file_ending(Path(name)) == ending


def test_topologies_are_found_next_to_a_trajectory(tmp_path):
    trajectory = tmp_path / "run.xtc"
    assert file_formats.find_topology(trajectory) is None
    for name in ("topology.pdb", "run.pdb", "run-topology.pdb"):  # in the order of priority
        (tmp_path / name).touch()
        assert file_formats.find_topology(trajectory) == tmp_path / name
    assert file_formats.topology_path(trajectory) == tmp_path / "run-topology.pdb"
