"""File endings, topology names, and the context menu of JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from confdiff_widgets.ensembles import file_formats

JS = Path(__file__).parents[3] / "js"
CONTEXT_MENU = JS / "labextension" / "src" / "files.ts"
UPLOAD = JS / "widgets" / "src" / "parameters" / "settings.tsx"


def endings_in_context_menu(name: str) -> list[str]:
    """Read a list of endings from the source of the JupyterLab extension."""
    (listed,) = re.findall(rf"const {name} = \[(.*?)\]", CONTEXT_MENU.read_text(), re.DOTALL)
    return re.findall(r'"(\.\w+)"', listed)


def plain(endings: tuple[str, ...]) -> list[str]:
    return [ending for ending in endings if not ending.endswith(".gz")]


def test_browser_offers_all_readable_files():
    assert endings_in_context_menu("FASTA") == plain(file_formats.FASTA)
    assert endings_in_context_menu("STRUCTURES") == plain(file_formats.STRUCTURES)
    assert endings_in_context_menu("TRAJECTORIES") == [
        *file_formats.TRAJECTORIES,
        *file_formats.ARRAYS,
    ]
    (accepted,) = re.findall(r'accept="(.*?)"', UPLOAD.read_text())
    assert accepted.split(",") == list(file_formats.UPLOADS)


def test_written_formats_can_be_read():
    assert set(file_formats.WRITABLE) <= set(file_formats.ENSEMBLES)
    assert set(file_formats.TIMED_TRAJECTORIES) <= set(file_formats.TRAJECTORIES)


def test_hidden_files_are_not_listed(tmp_path):
    for name in ("b.pdb", "a.pdb", "._a.pdb", ".b.pdb"):
        (tmp_path / name).touch()
    assert [path.name for path in file_formats.visible_files(tmp_path)] == ["a.pdb", "b.pdb"]


@pytest.mark.parametrize(
    ("name", "stem"), [("a.b.pdb", "a.b"), ("a.PDB.gz", "a"), ("a", "a"), ("run.xtc", "run")]
)
def test_file_stem(name, stem):
    assert file_formats.file_stem(Path(name)) == stem


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.PDB", ".pdb"), ("a.pdb.gz", ".pdb.gz"), ("a.b.xtc", ".xtc"), ("a", ""), ("a.gz", ".gz")],
)
def test_file_ending(name, ending):
    assert file_formats.file_ending(Path(name)) == ending


def test_topologies_are_found_next_to_a_trajectory(tmp_path):
    trajectory = tmp_path / "run.xtc"
    assert file_formats.find_topology(trajectory) is None
    # in the order of priority
    for name in ("topology.psf", "topology.pdb", "run.prmtop", "run.gro", "run.pdb",
                 "run-topology.cif.gz", "run-topology.pdb"):  # fmt: skip
        (tmp_path / name).touch()
        assert file_formats.find_topology(trajectory) == tmp_path / name
    assert file_formats.topology_path(trajectory) == tmp_path / "run-topology.pdb"
