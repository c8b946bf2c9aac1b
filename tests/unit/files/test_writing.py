"""Files appear completely or not at all, and each failure to write is one clear error."""

from __future__ import annotations

import errno
import os
import re
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from confdiff_widgets.cache import cache_folder
from confdiff_widgets.files.writing import (
    OutputError,
    append,
    check_folder,
    make_folder,
    output_errors,
    write_bytes,
    write_files,
    write_text,
)

ROOT = Path(__file__).parents[3]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def file_limit(size: int):
    """Limit the size of files, like a disk that fills while a file is written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_files_replace_others_only_after_all_are_written(tmp_path):
    first, second = tmp_path / "First.JSON", tmp_path / "second.csv"
    first.write_text("old")

    def fail(file: Path) -> None:
        file.write_text("partial")
        raise OSError("disk failure")

    with pytest.raises(OutputError, match=r"disk failure.*Nothing was left behind"):
        write_files({first: lambda file: file.write_text("new"), second: fail})
    assert files_in(tmp_path) == ["First.JSON"] and first.read_text() == "old"
    write_files({path: lambda file: file.write_text("new") for path in (first, second)})
    assert first.read_text() == second.read_text() == "new"
    assert files_in(tmp_path) == ["First.JSON", "second.csv"]


WRITERS = {
    "bytes": lambda file: file.write_bytes(bytes(100_000)),
    "zip": lambda file: np.savez(file, x=np.random.default_rng(0).random(50_000)),
    "compressed": lambda file: np.savez_compressed(file, x=np.random.default_rng(0).random(50_000)),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_a_disk_that_fills_leaves_the_old_file(tmp_path, write):
    path = tmp_path / "a.npz"
    path.write_text("old")
    with file_limit(10_000), pytest.raises(OutputError, match=r"File too large\. Raise the limit"):
        write_files({path: write})
    assert path.read_text() == "old" and files_in(tmp_path) == ["a.npz"]


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (errno.ENOSPC, "Free some disk space"),
        (errno.EDQUOT, "Free some disk space"),
        (errno.EROFS, "Choose another folder"),
        (errno.EACCES, "Choose another folder"),
        (errno.EIO, "Choose another folder|choose another folder"),
    ],
)
def test_each_failure_says_what_to_do(tmp_path, code, fix):
    with (
        pytest.raises(
            OutputError, match=f"Cannot write .*{os.strerror(code)}.*({fix}).* It is kept"
        ),
        output_errors(tmp_path / "a", "It is kept."),
    ):
        raise OSError(code, os.strerror(code))


def test_an_error_of_another_kind_is_not_hidden(tmp_path):
    with pytest.raises(KeyError), output_errors(tmp_path / "a"):
        raise KeyError("a bug")


def test_a_file_in_place_of_a_folder(tmp_path):
    blocking = tmp_path / "file"
    blocking.write_text("")
    expected = re.escape(f"{blocking} is a file, not a folder")
    for act in (
        lambda: write_text(blocking / "a.txt", "x"),
        lambda: write_text(blocking / "deep" / "a.txt", "x"),
        lambda: make_folder(blocking),
        lambda: make_folder(blocking / "deep"),
        lambda: check_folder(blocking / "deep"),
    ):
        with pytest.raises(OutputError, match=expected):
            act()
    assert blocking.read_text() == ""


def test_a_folder_in_place_of_the_file(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError, match="there is a file or folder of this name"):
        write_text(tmp_path / "a.txt", "x")
    assert files_in(tmp_path) == ["a.txt"]


def test_names_that_are_too_long(tmp_path):
    with pytest.raises(OutputError, match="Choose a shorter name"):
        write_text(tmp_path / ("x" * 300), "x")
    assert files_in(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that root cannot use")
def test_folders_without_permission():
    for act in (make_folder, check_folder, lambda folder: write_bytes(folder / "a", b"")):
        with pytest.raises(OutputError, match=r"[Cc]hoose another folder"):
            act(Path("/proc/self"))


def test_names_of_files_that_are_no_text(tmp_path):
    write_text(tmp_path / "a.txt", "name: \udcff")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "name: ?"


def test_a_failed_append_keeps_the_former_content(tmp_path):
    with (tmp_path / "a").open("wb", buffering=0) as file:
        append(file, b"first\n")
        with file_limit(10), pytest.raises(OSError):
            append(file, b"second, which is too long\n")
        append(file, b"third\n")
    assert (tmp_path / "a").read_bytes() == b"first\nthird\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device():
    with output_errors_of_dev_full() as raised:
        pass
    assert "No space left on device. Free some disk space" in str(raised.value)


@contextmanager
def output_errors_of_dev_full():
    device = Path("/dev/full")
    with (
        pytest.raises(OutputError) as raised,
        output_errors(device),
        device.open("wb", buffering=0) as file,
    ):
        file.write(b"x")
    yield raised


def test_the_cache_folder_names_its_variable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "deep", Path("/proc/self/cache")):
        monkeypatch.setenv("CONFDIFF_CACHE", str(place))
        with pytest.raises(OutputError, match="Set CONFDIFF_CACHE to a folder"):
            cache_folder("representations")


COMMANDS = {
    "represent": ["represent", "YYDPETGTWY", "--as", "one-hot", "-o", "{file}"],
    "represent below a file": ["represent", "YYDPETGTWY", "--as", "one-hot", "-o", "{file}/deep"],
    "lab": ["lab", "{file}"],
    "lab below a file": ["lab", "{file}/deep"],
    "sweep": ["sweep", "chignolin", "-n", "2", "--energies", "0", "-o", "{file}"],
    "train": ["train", "{data}", "-o", "{file}/deep"],
    "sample": ["sample", "chignolin", "-n", "1", "-o", "{file}/a.pdb"],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_commands_refuse_a_file_in_place_of_a_folder(tmp_path, command):
    (tmp_path / "file").write_text("")
    data = ROOT / "tests" / "data" / "chignolin_heavy.pdb"
    arguments = [part.format(file=tmp_path / "file", data=data) for part in command]
    done = subprocess.run(
        [sys.executable, "-c", "from confdiff_widgets.cli import app; app()", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert "is a file, not a folder" in done.stderr and "Traceback" not in done.stderr
    assert files_in(tmp_path) == ["file"]


def test_temporary_folders_of_killed_processes_are_removed(tmp_path):
    code = (
        "import os, signal; from pathlib import Path\n"
        "from confdiff_widgets.files.writing import write_files\n"
        "write_files({Path('out.npz'): lambda file: os.kill(os.getpid(), signal.SIGKILL)})"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    (left,) = tmp_path.glob(".confdiff-*")
    used = tmp_path / left.name.replace(left.name.split("-")[2], str(os.getppid()))
    foreign = tmp_path / f".confdiff-{'0' * 12}-{left.name.split('-')[2]}-abc"
    for folder in (used, foreign):
        folder.mkdir()
    write_bytes(tmp_path / "other.npz", b"1")
    assert left.exists(), "that of another file"
    write_bytes(tmp_path / "out.npz", b"1")
    assert {path.name for path in tmp_path.iterdir()} == {
        used.name, foreign.name, "out.npz", "other.npz"
    }  # fmt: skip
