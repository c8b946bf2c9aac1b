"""The journal of a labelling keeps every intact result, and no other."""

from __future__ import annotations

import os
import random
import resource

import numpy as np
import pytest

from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.physics.evaluator import EnergyResult
from confdiff_widgets.physics.journal import Journal
from confdiff_widgets.physics.molecule import COMPONENTS

LENGTH = 4


def result(key: int, energy: float = -3.5) -> EnergyResult:
    forces = np.arange(3.0 * LENGTH).reshape(LENGTH, 3) + key
    return EnergyResult(key, energy, dict.fromkeys(COMPONENTS, energy / 5), forces)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels.npz.partial"


def open_journal(path, identity="abc", conformers=6):
    return Journal(path, identity, conformers, LENGTH)


def write(path, *results):
    with open_journal(path) as journal:
        for each in results:
            journal.add(each)


def test_results_are_read_again(path):
    write(path, result(3), EnergyResult.failed(1, LENGTH, "atoms overlap"))
    with open_journal(path) as journal:
        assert list(journal.results) == [3, 1]
        assert np.array_equal(journal.results[3].ca_forces, result(3).ca_forces)
        assert np.isnan(journal.results[1].energy) and journal.results[1].reason == "atoms overlap"
        journal.add(result(0))
    assert list(open_journal(path).results) == [3, 1, 0]


@pytest.mark.parametrize(
    "line",
    [
        b'{"key": 2, "ener',
        b"\x00" * 50,
        b"\x00" * 50 + b"\n",
        b"[1]\n",
        b"[" * 20_000 + b"\n",
        b'{"key": 9}\n',
        b'{"key": -1, "energy": 1, "components": {}, "ca_forces": []}\n',
        b'{"key": 0, "energy": 1, "components": {}, "ca_forces": []}\n',
        b'{"key": 0, "energy": "low", "components": {}, "ca_forces": []}\n',
    ],
)
def test_a_damaged_line_is_dropped_with_those_after_it(path, line):
    write(path, result(3), result(1))
    intact = path.read_bytes()
    with path.open("ab") as file:
        file.write(line + intact.splitlines(keepends=True)[1])
    with open_journal(path) as journal:
        assert list(journal.results) == [3, 1]
        journal.add(result(0))
    assert list(open_journal(path).results) == [3, 1, 0]


def test_a_journal_of_another_labelling_is_refused_and_kept(path):
    write(path, result(3))
    before = path.read_bytes()
    with pytest.raises(OutputError, match="belongs to other conformers or settings"):
        open_journal(path, "xyz")
    for content in (b"[1]\n", b"no JSON\n", b"\xff\xfe\n", b"[" * 9_000 + b"\n"):
        path.write_bytes(content)
        with pytest.raises(OutputError, match="is not the journal of a labelling"):
            open_journal(path)
        assert path.read_bytes() == content
    path.write_bytes(before[:10])  # killed while the first line was written
    assert open_journal(path).results == {}


def test_pipes_folders_and_huge_files_are_refused(path):
    os.mkfifo(path)
    with pytest.raises(OutputError, match="not a regular file"):
        open_journal(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(OutputError, match="not a regular file"):
        open_journal(path)
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse
    with pytest.raises(OutputError, match="more than the"):
        open_journal(path)


def test_a_full_disk_keeps_the_results_before(path):
    write(path, result(3))
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_journal(path) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
        try:
            with pytest.raises(OutputError, match=r"File too large.*1 energies are kept; run the"):
                journal.add(result(1))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert path.stat().st_size == size
        journal.add(result(0))
    assert list(open_journal(path).results) == [3, 0]


def test_random_damage_gives_no_result_of_another_shape(path):
    write(path, *(result(key) for key in range(6)))
    intact, draw = path.read_bytes(), random.Random(3)
    for _ in range(200):
        data = bytearray(intact)
        for _ in range(draw.randint(1, 4)):
            data[draw.randrange(len(data))] = draw.choice(b'0123456789{}[],"\n\xff-eN')
        path.write_bytes(data)
        try:
            journal = open_journal(path)
        except OutputError:
            continue
        assert all(0 <= key < 6 for key in journal.results)
        assert all(each.ca_forces.shape == (LENGTH, 3) for each in journal.results.values())
