"""Read saved runs, and replay them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..guidance.parameters import GuidanceParameters
from ..proteins.starting_structure import StartingStructure
from ..sampling import Run
from .run_format import (
    FRAME_WIDTH,
    HEADER_FILE,
    LINES_FILE,
    MALFORMED,
    OPENMM_FILE,
    PHYSICAL_WIDTH,
    STEP_FILES,
    STRUCTURE_FILE,
    RecordedStep,
    RecordingError,
    decode_energies,
    decode_header,
    decode_step,
    has_physical,
    parse_line,
)

REPLAY_TOLERANCE = 1e-2
"""Å by which a replayed step may differ from the recorded one."""


class RunHeader:
    """Settings of a saved run, without its steps.

    Attributes
    ----------
    folder : Path
    metadata : dict
        All contents of ``run.json``.
    sequence : str
    config : SamplerConfig
        Settings that the run started with.
    title, started, fixed : str
        Title given by the user, time of the start, and fixed residues; empty if there is none.
    networks : dict or None
        As in `System.network_sources`; None if an earlier version did not record them.

    Raises
    ------
    RecordingError
        For a folder without a run, a run of another version, or a damaged one.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        try:
            metadata = json.loads((self.folder / HEADER_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(folder, error) from error
        header = decode_header(metadata, self.folder)
        self.metadata: dict[str, Any] = metadata
        self.sequence, self.config, self.title, self.started, self.fixed, self.networks = header

    def count_steps(self) -> int:
        """Return the number of recorded steps without reading their numbers."""
        try:
            return (self.folder / LINES_FILE).read_bytes().count(b"\n")
        except OSError:
            return 0


class Recording(RunHeader):
    """A saved run with all its steps.

    Attributes
    ----------
    start : StartingStructure or None
        Structure that the run started from or has fixed residues of.
    steps : list of RecordedStep
    openmm : dict
        OpenMM energies by step, (B,) in kcal/mol, NaN where there is none.
    damage : str
        Describes the steps that are left out because they are damaged; empty if all steps are
        intact, or if a crash cut off the last one.
    sizes : tuple of int
        Bytes of each of `STEP_FILES` when they were read.
    ends : list of tuple of int
        Bytes of each of them that contain the first 0, 1, 2, ... steps.
    """

    def __init__(self, folder: str | Path):
        super().__init__(folder)
        self.steps: list[RecordedStep] = []
        self.ends: list[tuple[int, ...]] = [(0, 0, 0)]
        self.damage = ""
        files = [self.folder / name for name in STEP_FILES]
        try:
            self.sizes = tuple(file.stat().st_size if file.exists() else 0 for file in files)
            lines = files[0].read_bytes()
            frames = np.fromfile(files[1], dtype=np.float32)
            physical = np.fromfile(files[2], np.float32) if files[2].exists() else frames[:0]
            structure = self.folder / STRUCTURE_FILE
            self.start = StartingStructure.load(structure) if structure.exists() else None
            self._read_steps(lines.split(b"\n"), frames, physical)
            self.openmm = self._read_energies()
        except (OSError, BadZipFile, *MALFORMED) as error:
            raise _unreadable(folder, error) from error

    @property
    def parameters(self) -> GuidanceParameters:
        """γ and η of the next step, numbers or schedules."""
        return self.steps[-1].parameters if self.steps else self.config.guidance_parameters

    @property
    def seed(self) -> int:
        """Seed of the next step."""
        return self.steps[-1].seed if self.steps else self.config.seed

    def replay(self, run: Run) -> Run:
        """Repeat the recorded steps in a new run with the same settings.

        Raises
        ------
        RecordingError
            If the result differs: other weights, another device or another version.
        """
        for recorded in self.steps:
            run.gamma, run.eta = recorded.parameters
            run.reseed(recorded.seed)
            made = run.step().rigid.trans.cpu()
            if not torch.allclose(made, recorded.rigid.trans, atol=REPLAY_TOLERANCE):
                raise RecordingError(
                    f"Step {recorded.step} of {self.folder} cannot be repeated: it was made with "
                    "other weights, on another device or by another version. You can view this "
                    "run, but not continue it; start a new run with its settings instead."
                )
        return run

    def _read_steps(
        self, lines: list[bytes], frames: NDArray[np.float32], physical: NDArray[np.float32]
    ) -> None:
        """Read the steps that have a complete line and complete numbers, until one is damaged."""
        frame_steps = self._split(frames, FRAME_WIDTH)
        physical_steps = self._split(physical, PHYSICAL_WIDTH)
        count = 0  # steps with numbers in the file of physical scores
        first_t = self.config.make_solver().times(self.config.steps, self.config.t_start)[0]
        for number, text in enumerate(lines[:-1], 1):
            before = self.steps[-1] if self.steps else None
            try:
                if number > len(frame_steps):
                    raise ValueError("its numbers are missing")
                line = parse_line(text)
                step = decode_step(
                    line,
                    number,
                    frame_steps[number - 1],
                    physical_steps[count] if has_physical(line) else None,
                    evaluated_t=before.t if before else first_t,
                    before=self.parameters,
                )
            except MALFORMED as error:
                what = f"it has no {error}" if isinstance(error, KeyError) else error
                self.damage = (
                    f"Step {number} of {self.folder} is damaged ({what}). The {number - 1} steps "
                    "before it are intact; continue the run to compute the others again."
                )
                return
            count += step.physical is not None
            self.steps.append(step)
            floats = self.config.samples * len(self.sequence)
            self.ends.append(
                (
                    self.ends[-1][0] + len(text) + 1,
                    4 * number * floats * FRAME_WIDTH,
                    4 * count * floats * PHYSICAL_WIDTH,
                )
            )

    def _split(self, numbers: NDArray[np.float32], width: int) -> Tensor:
        """Return the complete steps, (steps, B, L, width)."""
        shape = (self.config.samples, len(self.sequence), width)
        count = len(numbers) // math.prod(shape)
        return torch.from_numpy(numbers[: count * math.prod(shape)]).view(count, *shape)

    def _read_energies(self) -> dict[int, NDArray[np.float64]]:
        path = self.folder / OPENMM_FILE
        lines = path.read_bytes().splitlines() if path.exists() else []
        energies = decode_energies(lines, self.config.samples)
        steps = range(1, len(self.steps) + 1)
        return {k: energies[k] for k in steps if k in energies and np.isfinite(energies[k]).any()}


def saved_runs(folder: str | Path) -> Iterator[Path]:
    """Yield the folders of saved runs below a folder, the latest first."""
    found = [path.parent for path in Path(folder).glob(f"*/*/{HEADER_FILE}")]
    yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _unreadable(folder: str | Path, error: Exception) -> RecordingError:
    return RecordingError(
        f"{folder} contains no readable run: {error}. Choose a folder with a {HEADER_FILE} and "
        "the files of its steps."
    )
