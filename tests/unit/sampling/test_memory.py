"""Checks of the available memory, and batches that are halved when it runs out."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.sampling import memory
from confdiff_widgets.sampling.memory import (
    Chunked,
    MemoryLimitError,
    check_fits,
    longest_that_fits,
)


@pytest.fixture(scope="module")
def published_size() -> ConfDiffModel:
    """Return a model of the published size, without weights."""
    with torch.device("meta"):
        return ConfDiffModel(ScoreNetwork(NetworkConfig()))


def test_longest_that_fits(published_size):
    for available in (2**26, 2**30, 7 * 2**30):
        longest = longest_that_fits(published_size, available)
        assert published_size.evaluation_bytes(longest) <= available
        assert published_size.evaluation_bytes(longest + 1) > available


def test_error_of_a_protein_that_does_not_fit(published_size, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 2**30)
    longest = longest_that_fits(published_size, 2**30)
    check_fits(published_size, longest, "cpu")
    with pytest.raises(MemoryLimitError) as caught:
        check_fits(published_size, 3000, "cpu")
    message = str(caught.value)
    need = published_size.evaluation_bytes(3000) / 2**30
    assert f"3000 residues need about {need:.1f} GiB" in message
    assert "1.0 GiB are free on cpu" in message
    assert f"About {longest} residues would fit" in message


def test_run_that_does_not_fit_is_refused_before_it_starts(make_run, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 1000)
    with pytest.raises(MemoryLimitError, match="10 residues need about"):
        make_run()


def test_batches_are_planned_to_fit(make_run, tiny_cfg, monkeypatch):
    """With memory for three conformers, no evaluation is larger, and none fails first."""
    sizes = []
    tiny_cfg.conditional.network.register_forward_pre_hook(
        lambda module, inputs: sizes.append(inputs[0].shape[0])
    )
    each = tiny_cfg.conditional.evaluation_bytes(10)
    from confdiff_widgets.sampling import run

    monkeypatch.setattr(run, "available_bytes", lambda device: 7 * each)
    make_run(samples=8, steps=2).step()
    assert sizes == [3, 3, 2]


class Room:
    """Function of slices with memory for ``limit`` conformers."""

    def __init__(self, limit: int, error: Exception):
        self.limit, self.error = limit, error
        self.done: list[int] = []

    def __call__(self, part: slice) -> list[int]:
        if part.stop - part.start > self.limit:
            raise self.error
        self.done.append(part.stop - part.start)
        return list(range(part.start, part.stop))


def join(parts: list[list[int]]) -> list[int]:
    return [number for part in parts for number in part]


OUT_OF_MEMORY = torch.cuda.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize(
    ("batch", "chunk", "limit"), [(11, 11, 3), (1, 1, 1), (8, 3, 8), (7, 7, 1)]
)
def test_parts_are_halved_without_losing_results(batch, chunk, limit):
    room = Room(limit, OUT_OF_MEMORY)
    chunked = Chunked(room, join, chunk)
    assert chunked(batch) == list(range(batch))
    assert sum(room.done) == batch
    assert max(room.done) <= min(limit, chunk)
    assert chunked.chunk <= max(limit, chunk)


def test_memory_that_runs_out_later():
    """Only the part that failed is repeated."""
    room = Room(4, OUT_OF_MEMORY)

    def shrinking(part: slice) -> list[int]:
        room.limit = 4 if part.start < 4 else 2
        return room(part)

    assert Chunked(shrinking, join, 4)(12) == list(range(12))
    assert room.done == [4, 2, 2, 2, 2]


def test_single_conformer_that_does_not_fit():
    with pytest.raises(MemoryLimitError, match="single conformer") as caught:
        Chunked(Room(0, OUT_OF_MEMORY), join, 4)(4)
    assert caught.value.__cause__ is OUT_OF_MEMORY


def test_other_errors_are_raised_immediately():
    room = Room(1, RuntimeError("shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        Chunked(room, join, 4)(4)
    assert room.done == []
