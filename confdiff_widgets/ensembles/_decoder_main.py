"""Child process that decodes trajectories, see `frame_decoder`.

It is run as a script and imports nothing of the package, because a start takes time. Each request
is a line of JSON; the answer is a line of JSON, followed by the numbers that it announces. Where
the system can fork, each file has a process of its own, so that no file damages the memory of the
next.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import IO, Any

MEMORY = 4 << 30
"""Bytes that a file may make the decoder allocate."""

PART = 64 << 20
"""Bytes of coordinates that are decoded at a time."""


REQUESTS = open(0, "rb", buffering=0)  # noqa: SIM115
"""Unbuffered, so that the process of a file reads nothing that is meant for the next."""


def main() -> None:
    """Answer requests until the parent closes the pipe."""
    import numpy as np
    from mdtraj import formats  # noqa: F401

    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # the DCD reader prints
    os.dup2(nowhere, 2)
    while request := _receive():
        if "path" not in request:  # the end of a file that failed
            continue
        atoms = np.frombuffer(_receive_bytes(8 * request["atoms"]), dtype="<i8")
        if not hasattr(os, "fork"):
            _decode(request, atoms, answers)
        elif child := os.fork():
            if os.waitpid(child, 0)[1]:  # it crashed, maybe in the middle of an answer
                break
        else:
            _decode(request, atoms, answers)
            os._exit(0)


def _receive() -> dict[str, Any]:
    return json.loads(REQUESTS.readline() or b"{}")


def _receive_bytes(count: int) -> bytes:
    data = b""
    while len(data) < count and (more := REQUESTS.read(count - len(data))):
        data += more
    return data


def _decode(request: dict[str, Any], atoms: Any, answers: IO[bytes]) -> None:
    """Answer requests about a file until its end or an error."""
    _limit_memory()
    try:
        file, n_atoms = _open(request["path"], request["reader"])
        _send(answers, {"n_atoms": n_atoms})
        part = max(1, PART // (12 * max(n_atoms, 1)))
        while count := _receive().get("frames"):
            _send_frames(answers, _read(file, min(count, part), atoms))
        file.close()
    except Exception as error:
        missing = error.name if isinstance(error, ImportError) else None
        _send(answers, {"error": str(error) or type(error).__name__, "missing": missing})


def _open(path: str, reader: str) -> tuple[Any, int]:
    """Return an open file, and the number of atoms of its first frame (0 without frames)."""
    from mdtraj import formats

    opened = getattr(formats, reader)
    with opened(path) as file:
        first = file.read(n_frames=1)[0]  # with all atoms, which checks their number
    return opened(path), first.shape[1] if len(first) else 0


def _read(file: Any, frames: int, atoms: Any) -> Any:
    if type(file).__name__ == "HDF5TrajectoryFile":  # which has its own topology
        return file.read_as_traj(n_frames=frames, atom_indices=atoms)
    return file.read_as_traj(_NoTopology(len(atoms)), n_frames=frames, atom_indices=atoms)


class _NoTopology:
    """What the readers use of a topology; the parent has it."""

    def __init__(self, n_atoms: int):
        self.n_atoms = self._numAtoms = n_atoms

    def subset(self, atoms: Any) -> _NoTopology:
        return self


def _send_frames(answers: IO[bytes], part: Any) -> None:
    import numpy as np

    boxes = part.unitcell_lengths is not None and len(part.xyz) > 0
    numbers = [part.xyz.astype("<f4"), np.asarray(part.time, dtype="<f8")]
    if boxes:
        numbers += [part.unitcell_lengths.astype("<f4"), part.unitcell_angles.astype("<f4")]
    _send(answers, {"frames": len(part.xyz), "boxes": boxes}, *(n.tobytes() for n in numbers))


def _send(answers: IO[bytes], about: dict[str, Any], *numbers: bytes) -> None:
    answers.write(json.dumps(about).encode() + b"\n")
    for part in numbers:
        answers.write(part)
    answers.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on all systems
        import resource

        import psutil

        used = psutil.Process().memory_info().vms
        limit = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, limit))


if __name__ == "__main__":
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(__file__)]
    with contextlib.suppress(BrokenPipeError):
        main()
