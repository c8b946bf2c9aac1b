"""Read saved runs, and replay them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..files.reading import FormatError, check_regular, read_bytes
from ..guidance.parameters import GuidanceParameters
from ..guidance.schedule import make_strength
from ..proteins.starting_structure import StartingStructure
from ..sampling import Run
from ..sampling.memory import available_bytes
from .run_format import (
    HEADER_FILE,
    LINES_FILE,
    OPENMM_FILE,
    STEP_FILES,
    STRUCTURE_FILE,
    RecordingError,
    decode_energies,
    read_header,
    unreadable,
    weights_of,
)
from .step_format import (
    CONFORMER_BYTES,
    FRAME_WIDTH,
    LINE_BYTES,
    MALFORMED,
    PHYSICAL_WIDTH,
    RecordedStep,
    decode_step,
    parse_line,
)

REPLAY_TOLERANCE = 0.05
"""Å by which a replayed step may differ from the recorded one. Rounding the weights to half
precision moves positions by up to 0.04 Å."""


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
    weights : str
        Hash of the weights of the networks; empty if an earlier version did not record it.

    Raises
    ------
    RecordingError
        For a folder without a run, a run of another version, or a damaged one.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.metadata, header = read_header(self.folder)
        self.sequence, self.config, self.title, self.started, self.fixed = header[:5]
        self.networks, self.weights = header.networks, header.weights

    def count_steps(self) -> int:
        """Return the number of recorded steps without reading their numbers.

        Raises
        ------
        RecordingError
            If the file of the steps cannot be that of such a run.
        """
        return len(self._complete_lines())

    def used_parameters(self) -> list[GuidanceParameters]:
        """Return γ and η of the recorded steps, numbers or schedules, up to a damaged one.

        Raises
        ------
        RecordingError
            As `count_steps`.
        """
        used: list[GuidanceParameters] = []
        for number, text in enumerate(self._complete_lines(), 1):
            try:
                line = parse_line(text, number)
                gamma, eta = line.knobs or (line.gamma, line.eta)
                used.append(GuidanceParameters(make_strength(gamma, "γ"), make_strength(eta, "η")))
            except MALFORMED:
                break
        return used

    def _complete_lines(self) -> list[bytes]:
        """Return the lines of the steps without the last one if it is incomplete."""
        try:
            return self._read_lines().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        except (OSError, FormatError) as error:
            raise unreadable(self.folder, error) from error

    def _read_lines(self) -> bytes:
        limit = self.config.steps * (LINE_BYTES + CONFORMER_BYTES * self.config.samples)
        return read_bytes(self.folder / LINES_FILE, limit)


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
            lines = self._read_lines().split(b"\n")
            frames = self._read_numbers(files[1], FRAME_WIDTH, len(lines) - 1)
            physical = (
                self._read_numbers(files[2], PHYSICAL_WIDTH, len(lines) - 1)
                if files[2].exists()
                else torch.empty(0)
            )
            structure = self.folder / STRUCTURE_FILE
            self.start = StartingStructure.load(structure) if structure.exists() else None
            if self.start is not None and self.start.atoms.sequence != self.sequence:
                raise FormatError(f"{STRUCTURE_FILE} is a structure of {self.start.atoms.sequence}")
            self._read_steps(lines, frames, physical)
            self.openmm = self._read_energies()
        except (OSError, ValueError) as error:
            raise unreadable(self.folder, error) from error

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
        present = weights_of(run)
        if self.weights not in ("", present):
            raise RecordingError(
                f"{self.folder} was made with other weights (hash {self.weights:.16}) than the "
                f"present networks have ({present}). You can view this run, but not continue or "
                "branch it; start a new run with its settings instead."
            )
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

    def _read_steps(self, lines: list[bytes], frames: Tensor, physical: Tensor) -> None:
        """Read the steps that have a complete line and complete numbers, until one is damaged.

        Parameters
        ----------
        lines : list of bytes
            The last one is incomplete.
        frames : Tensor, shape (steps, B, L, FRAME_WIDTH)
        physical : Tensor, shape (steps, B, L, PHYSICAL_WIDTH)
        """
        count = 0  # steps with numbers in the file of physical scores
        times = self.config.make_solver().times(self.config.steps, self.config.t_start)
        for number, text in enumerate(lines[:-1], 1):
            before = self.steps[-1] if self.steps else None
            try:
                if number > len(times):
                    raise FormatError(f"the run has only {len(times)} steps")
                line = parse_line(text, number)
                if number > len(frames) or count + line.push > len(physical):
                    raise FormatError("its numbers are missing")
                step = decode_step(
                    line,
                    frames[number - 1],
                    physical[count] if line.push else None,
                    evaluated_t=before.t if before else times[0],
                    before=self.parameters,
                )
            except MALFORMED as error:
                self.damage = (
                    f"Step {number} of {self.folder} is damaged ({error}). The {number - 1} steps "
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

    def _read_numbers(self, path: Path, width: int, steps: int) -> Tensor:
        """Return the numbers of at most ``steps`` complete steps, (steps, B, L, width)."""
        check_regular(path)
        shape = (self.config.samples, len(self.sequence), width)
        needed = 4 * math.prod(shape)
        steps = min(steps, path.stat().st_size // needed)
        if steps * needed > available_bytes("cpu") / 2:
            raise FormatError(f"{path.name} needs {steps * needed / 2**30:.1f} GiB of memory")
        numbers = np.fromfile(path, dtype=np.float32, count=steps * math.prod(shape))
        return torch.from_numpy(numbers).view(steps, *shape)

    def _read_energies(self) -> dict[int, NDArray[np.float64]]:
        path = self.folder / OPENMM_FILE
        lines = read_bytes(path).splitlines() if path.exists() else []
        energies = decode_energies(lines, len(self.steps), self.config.samples)
        return {
            step: energies[step] for step in sorted(energies) if np.isfinite(energies[step]).any()
        }


def saved_runs(folder: str | Path) -> Iterator[Path]:
    """Yield the folders of saved runs below a folder, the latest first."""
    found = [path.parent for path in Path(folder).glob(f"*/*/{HEADER_FILE}")]
    yield from sorted(found, key=_time_of_change, reverse=True)


def _time_of_change(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0
