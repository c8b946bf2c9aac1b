"""Memory of a network evaluation, and batches that fit into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import psutil
import torch

from ..errors import UserError
from ..models.score_model import ScoreModel

T = TypeVar("T")

BYTES_PER_RESIDUE = 700
"""Memory per residue of a conformer in one state: frames, scores, side chains, atoms."""

STATES = 4
"""States that exist at once during a step: the present one, the next one, and their parts."""


class MemoryLimitError(UserError):
    """A protein does not fit into the device's memory."""


def available_bytes(device: torch.device | str) -> int:
    """Return the free memory of a device, in bytes."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return psutil.virtual_memory().available


def longest_that_fits(model: ScoreModel, available: int) -> int:
    """Return the length of the longest protein of which one conformer fits."""
    length = 1
    while model.evaluation_bytes(2 * length) <= available:
        length *= 2
    step = length
    while step := step // 2:
        if model.evaluation_bytes(length + step) <= available:
            length += step
    return length


def check_fits(model: ScoreModel, length: int, device: torch.device | str) -> None:
    """Check that at least one conformer fits.

    Raises
    ------
    MemoryLimitError
        If it does not, with the estimate, the free memory and the length that would fit.
    """
    need, free = model.evaluation_bytes(length), available_bytes(device)
    if need > free:
        raise MemoryLimitError(
            f"{length} residues need about {need / 2**30:.1f} GiB for one conformer, and "
            f"{free / 2**30:.1f} GiB are free on {device}. About "
            f"{longest_that_fits(model, free)} residues would fit. Cut the sequence into "
            "domains, free memory, or use a device with more memory."
        )


def check_batch_fits(samples: int, length: int, device: torch.device | str) -> None:
    """Check that the states of a batch fit into half of the free memory.

    Raises
    ------
    MemoryLimitError
        If they do not, with the estimate, the free memory and the number that would fit.
    """
    each, free = STATES * length * BYTES_PER_RESIDUE, available_bytes(device)
    if samples * each > free / 2:
        raise MemoryLimitError(
            f"{samples} conformers of {length} residues need about "
            f"{samples * each / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free on {device}. "
            f"Sample at most {max(1, int(free / 2 / each))} conformers at a time."
        )


class Chunked(Generic[T]):
    """Apply a function to parts of a batch, and halve the parts when memory runs out.

    Parameters
    ----------
    function : callable
        Returns the result of a slice of the batch.
    join : callable
        Joins the results of consecutive slices.
    chunk : int
        Conformers in the first call.
    """

    def __init__(self, function: Callable[[slice], T], join: Callable[[list[T]], T], chunk: int):
        self.function, self.join, self.chunk = function, join, chunk

    def __call__(self, batch: int) -> T:
        results: list[T] = []
        start = 0
        while start < batch:
            part = slice(start, min(start + self.chunk, batch))
            try:
                results.append(self.function(part))
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                if part.stop - part.start == 1:
                    raise MemoryLimitError(
                        "Memory ran out with a single conformer. Free memory, use a device with "
                        "more, or cut the sequence into domains."
                    ) from error
                self.chunk = (part.stop - part.start) // 2
            else:
                start = part.stop
        return results[0] if len(results) == 1 else self.join(results)


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return True
    return "can't allocate memory" in str(error) or "not enough memory" in str(error)
