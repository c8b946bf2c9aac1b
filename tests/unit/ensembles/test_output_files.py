"""Checks of output paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from confdiff_widgets.ensembles.output_files import check_output
from confdiff_widgets.files.writing import OutputError


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_checking_an_output_leaves_no_file(tmp_path):
    for name in ("a.pdb", "a.xtc", "a.npz", "A.PDB"):
        assert check_output(tmp_path / name) == tmp_path / name
    assert files_in(tmp_path) == []


def test_unknown_endings_are_rejected(tmp_path):
    for name in ("a.dcd", "a", "a.pdb.gz"):
        with pytest.raises(OutputError, match=r"\.pdb, \.cif, \.xtc, \.npz"):
            check_output(tmp_path / name)


def test_a_missing_folder_is_rejected(tmp_path):
    with pytest.raises(OutputError, match=f"mkdir -p {tmp_path / 'no'}"):
        check_output(tmp_path / "no" / "a.pdb")


def test_a_file_in_place_of_a_folder_is_rejected(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        check_output(tmp_path / "file" / "a.pdb")


def test_a_folder_in_place_of_the_file_is_rejected(tmp_path):
    (tmp_path / "a.pdb").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path / "a.pdb")


@pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="needs a folder that is not writable for root"
)
def test_a_folder_without_write_permission_is_rejected():
    with pytest.raises(OutputError, match="Cannot write into /proc/self"):
        check_output("/proc/self/a.pdb")
