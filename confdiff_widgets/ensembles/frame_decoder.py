"""Trajectories decoded in a child process, because damaged ones crash the decoders of mdtraj.

A crash, an endless loop or a huge allocation ends the child process and becomes one error. An idle
child process is kept for the next file, because a start takes half a second.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SECONDS = 120.0
"""Time for one part of a trajectory, after which the decoder counts as hanging."""

_MAIN = Path(__file__).with_name("_decoder_main.py")


class CrashError(RuntimeError):
    """The child process ended, or was ended."""


class DecodedFrames(NamedTuple):
    """Some frames of a trajectory."""

    xyz: NDArray[np.float32]  # (N, A, 3) nm
    time: NDArray[np.float64]  # (N,) ps
    lengths: NDArray[np.float32] | None  # (N, 3) edges of the boxes, nm
    angles: NDArray[np.float32] | None  # (N, 3) degrees


class FrameDecoder:
    """A child process that decodes one trajectory at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(_MAIN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent
        )
        self._atoms = 0
        self._timed_out = False

    def open(self, path: Path, reader: str, atoms: NDArray[np.int64]) -> int:
        """Open a trajectory, and return its number of atoms; 0 if it has no frames.

        Parameters
        ----------
        path : path
        reader : str
            Class of `mdtraj.formats`.
        atoms : ndarray of int
            Atoms that `read` returns.

        Raises
        ------
        RuntimeError
            If the file cannot be decoded.
        ImportError
            If the reader needs a package that is not installed.
        """
        self._atoms = len(atoms)
        request = {"path": str(path.absolute()), "reader": reader, "atoms": len(atoms)}
        with self._deadline():
            return int(self._ask(request, atoms.astype("<i8").tobytes())["n_atoms"])

    def read(self, frames: int) -> DecodedFrames:
        """Return at most this many of the next frames; none at the end. Raises as `open`."""
        with self._deadline():
            about = self._ask({"frames": frames})
            n = about["frames"]
            xyz = self._numbers("<f4", n, self._atoms, 3)
            time = self._numbers("<f8", n)
            if not about["boxes"]:
                return DecodedFrames(xyz, time, None, None)
            return DecodedFrames(xyz, time, self._numbers("<f4", n, 3), self._numbers("<f4", n, 3))

    def finish(self) -> None:
        """Close the trajectory."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(b'{"frames": 0}\n')
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process."""
        self._kill()
        self._process.communicate()

    def _kill(self) -> None:
        if hasattr(os, "killpg"):  # also the process of the current file
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def _time_out(self) -> None:
        self._timed_out = True
        self._kill()

    def _crash(self) -> CrashError:
        if not self._timed_out:
            return CrashError("its frames crash the decoder")
        return CrashError(
            f"decoding a part of it took more than {SECONDS:g} s. If the disk or the machine is "
            "busy, try again, or copy the file to a local disk"
        )

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        timer = threading.Timer(SECONDS, self._time_out)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _ask(self, request: dict[str, Any], data: bytes = b"") -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        line = b""
        with suppress(OSError):  # the process has ended
            self._process.stdin.write(json.dumps(request).encode() + b"\n" + data)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._crash()
        answer = json.loads(line)
        if answer.get("missing"):
            raise ImportError(answer["error"], name=answer["missing"])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def _numbers(self, dtype: str, *shape: int) -> NDArray[Any]:
        assert self._process.stdout is not None
        numbers = np.empty(shape, dtype=dtype)
        data = self._process.stdout.read(numbers.nbytes)
        if len(data) < numbers.nbytes:
            raise self._crash()
        numbers[...] = np.frombuffer(data, dtype=dtype).reshape(shape)
        return numbers


_idle: list[FrameDecoder] = []


@contextmanager
def frame_decoder() -> Iterator[FrameDecoder]:
    """Lend a decoder, and keep it for the next file unless an error occurs."""
    try:
        decoder = _idle.pop()
    except IndexError:
        decoder = FrameDecoder()
    try:
        yield decoder
    except CrashError:
        decoder.close()
        raise
    except (Exception, GeneratorExit):  # as when the reader needs no further frames
        _keep(decoder)
        raise
    except BaseException:  # in the middle of an answer
        decoder.close()
        raise
    _keep(decoder)


def _keep(decoder: FrameDecoder) -> None:
    decoder.finish()
    if _idle:
        decoder.close()
    else:
        _idle.append(decoder)


def _close_idle() -> None:
    while _idle:
        _idle.pop().close()


atexit.register(_close_idle)
if hasattr(os, "register_at_fork"):  # a forked process must not use the pipes of its parent
    os.register_at_fork(after_in_child=_idle.clear)
