"""A run on disk, read back.

``run.json`` says what was run: settings, protein, networks. ``steps.jsonl`` holds a line a step,
``frames.f32`` the frames x_t, the frames x̂_0 and the torsions of each step as 32-bit floats (a
residue: quaternion and position of both, sine and cosine of seven torsions), ``push.f32`` the
physical term on each residue, of the steps that have one. ``start.npz`` is the structure that the
run starts from or holds residues of, if it does. ``openmm.jsonl`` holds OpenMM's energies as they
came: ``[step, conformer, kcal/mol]``, and ``[step]`` where what came later was forgotten.

A crash can cost the last step at most: what is incomplete at the end is left out. Recordings of
the former format have no ``push.f32``, no ``openmm.jsonl`` and do not say which networks they
are of; they are read and gone on with, and are then of the present format.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UserError
from ..geometry.residues import check_sequence
from ..geometry.rigid import Rigid
from ..guidance.parameters import GuidanceParameters
from ..guidance.schedule import Strength, make_strength, strength_at
from ..proteins.starting_structure import StartingStructure
from ..sampling import Run, SamplerConfig

FORMAT = "confdiff-run-2"
FORMATS = ("confdiff-run-1", FORMAT)

LINES, FRAMES, PUSHES = "steps.jsonl", "frames.f32", "push.f32"
"""Files that grow with each step."""
NUMBERS = 7 + 7 + 14
"""A residue's, of a step in ``frames.f32``."""
PUSH = 3
"""A residue's, of a step in ``push.f32``."""

DAMAGE = (ValueError, KeyError, TypeError, AttributeError, IndexError)
"""What reading files raises that say something else than they should."""


class RecordingError(UserError, ValueError):
    """A recording that cannot be written or read."""


class RunHeader:
    """What ``run.json`` says.

    Attributes
    ----------
    folder : Path
    about : dict
        All of it.
    sequence : str
    config : SamplerConfig
    title, started, fixed : str
        What a person called it; when it was started; residues that it holds. Empty if not known.
    networks : dict or None
        What `System.networks` was; None where an earlier version did not write it.

    Raises
    ------
    RecordingError
        For a folder without a run, one of another version, or one that is damaged.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        try:
            about = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordingError(f"{folder} holds no readable run: {error}") from error
        if not isinstance(about, dict):
            raise RecordingError(f"{folder}/run.json is damaged: it holds no settings of a run.")
        if about.get("format") not in FORMATS:
            raise RecordingError(
                f"{folder} was written by another version (format {about.get('format')!r}, this "
                f"one reads {' and '.join(FORMATS)}). Open it with that version."
            )
        self.about: dict[str, Any] = about
        try:
            self.sequence = check_sequence(about["sequence"])
            self.config = SamplerConfig(**about["config"])
            self.title = str(about.get("title", ""))
            self.started = str(about.get("started", ""))
            self.fixed = str(about.get("fixed", ""))
            networks = about.get("networks")
            self.networks: dict[str, str] | None = None if networks is None else dict(networks)
        except DAMAGE as error:
            what = f"no {error}" if isinstance(error, KeyError) else error
            raise RecordingError(f"{folder}/run.json is damaged: {what}") from error

    def count_steps(self) -> int:
        """Steps on disk, as the lines say; without reading the numbers."""
        try:
            return (self.folder / LINES).read_bytes().count(b"\n")
        except OSError:
            return 0


@dataclass(frozen=True, eq=False)
class RecordedStep:
    """One step of a recorded run, B conformers of L residues."""

    step: int
    t: float
    gamma: float
    eta: float
    knobs: GuidanceParameters  # as they were set, numbers or schedules
    seed: int
    rigid: Rigid  # (B, L) x_t after the step, Å
    prediction: Rigid  # (B, L) x̂_0, Å
    torsions: Tensor  # (B, L, 7, 2)
    scores: dict[str, float]  # mean size of each part of the score, translations
    energy: list[float] | None  # learned, (B,)
    push: Tensor | None  # physical term of the score on each residue, (B, L, 3) per 10 Å


class Recording(RunHeader):
    """A recorded run, read back.

    Attributes
    ----------
    start : StartingStructure or None
        What the run began at, or held residues of; None for neither.
    steps : list of RecordedStep
    openmm : dict
        By step: OpenMM's energies, (B,) in kcal/mol, NaN where there is none.
    damage : str
        What is left out because it is damaged; empty for nothing but what a crash costs.
    sizes : tuple of int
        Bytes of the files of steps when they were read: lines, frames, pushes.
    ends : list of tuple of int
        How many of them hold the first 0, 1, 2, ... steps.
    """

    def __init__(self, folder: str | Path):
        super().__init__(folder)
        self.steps: list[RecordedStep] = []
        self.ends, self.damage = [(0, 0, 0)], ""
        files = [self.folder / name for name in (LINES, FRAMES, PUSHES)]
        try:
            self.sizes = tuple(file.stat().st_size if file.exists() else 0 for file in files)
            lines = files[0].read_bytes()
            frames = np.fromfile(files[1], dtype=np.float32)
            pushes = np.fromfile(files[2], np.float32) if files[2].exists() else frames[:0]
            start = self.folder / "start.npz"
            self.start = StartingStructure.load(start) if start.exists() else None
            self._read(lines.split(b"\n"), frames, pushes)
            self.openmm = self._read_energies()
        except (OSError, BadZipFile, *DAMAGE) as error:
            raise RecordingError(f"{folder} holds no readable run: {error}") from error

    @property
    def knobs(self) -> GuidanceParameters:
        """γ and η, numbers or schedules, of its next step."""
        config = self.config
        return self.steps[-1].knobs if self.steps else GuidanceParameters(config.gamma, config.eta)

    @property
    def seed(self) -> int:
        """Of its next step."""
        return self.steps[-1].seed if self.steps else self.config.seed

    def replay(self, run: Run) -> Run:
        """Bring a new run of the same settings to where this one was.

        Raises
        ------
        RecordingError
            If it comes out elsewhere: other weights, another device or version.
        """
        for recorded in self.steps:
            run.gamma, run.eta = recorded.knobs
            run.reseed(recorded.seed)
            state = run.step()
            if not torch.allclose(state.rigid.trans.cpu(), recorded.rigid.trans, atol=1e-2):
                raise RecordingError(
                    f"Step {recorded.step} of {self.folder} cannot be repeated here: other "
                    "weights, another device or version made it. It can be looked at, but not "
                    "continued."
                )
        return run

    def _blocks(self, numbers: NDArray[np.float32], width: int) -> Tensor:
        """(steps, B, L, width), the complete ones."""
        shape = (self.config.samples, len(self.sequence), width)
        count = len(numbers) // math.prod(shape)
        return torch.from_numpy(numbers[: count * math.prod(shape)]).view(count, *shape)

    def _read(
        self, lines: list[bytes], frames: NDArray[np.float32], pushes: NDArray[np.float32]
    ) -> None:
        """The steps whose line and numbers are whole; what follows the last line's end is not."""
        numbers, forces = self._blocks(frames, NUMBERS), self._blocks(pushes, PUSH)
        pushed = 0
        for number, text in enumerate(lines[:-1], 1):
            try:
                if number > len(numbers):
                    raise ValueError("its numbers are missing")
                line = json.loads(text)
                push = forces[pushed] if line.get("push") else None
                step = self._step(line, number, numbers[number - 1], push)
            except DAMAGE as error:
                what = f"it has no {error}" if isinstance(error, KeyError) else error
                self.damage = (
                    f"Step {number} of {self.folder} is damaged ({what}); the {number - 1} steps "
                    "before it are whole and shown."
                )
                return
            pushed += push is not None
            self.steps.append(step)
            size = 4 * self.config.samples * len(self.sequence)  # of one number of each residue
            end = self.ends[-1][0] + len(text) + 1
            self.ends.append((end, number * size * NUMBERS, pushed * size * PUSH))

    def _step(
        self, line: dict[str, Any], number: int, block: Tensor, push: Tensor | None
    ) -> RecordedStep:
        if line["step"] != number:
            raise ValueError(f"its line is of step {line['step']}")
        numbers = block if push is None else torch.cat([block, push], dim=-1)
        if not torch.isfinite(numbers).all():
            raise ValueError("its numbers are not finite")
        energy = line["energy"]
        if energy is not None and len(energy) != self.config.samples:
            raise ValueError(f"it has {len(energy)} learned energies")
        return RecordedStep(
            step=number,
            t=float(line["t"]),
            gamma=float(line["gamma"]),
            eta=float(line["eta"]),
            knobs=self._knobs(line),
            seed=int(line["seed"]),
            rigid=Rigid.from_tensor7(block[..., :7]),
            prediction=Rigid.from_tensor7(block[..., 7:14]),
            torsions=block[..., 14:].unflatten(-1, (7, 2)),
            scores={str(part): float(size) for part, size in line["scores"].items()},
            energy=None if energy is None else [float(value) for value in energy],
            push=push,
        )

    def _knobs(self, line: dict[str, Any]) -> GuidanceParameters:
        if "knobs" in line:
            gamma, eta = line["knobs"]
            return GuidanceParameters(make_strength(gamma, "γ"), make_strength(eta, "η"))
        t = self.steps[-1].t if self.steps else self.config.t_start

        def settled(before: Strength, now: float) -> Strength:
            return before if strength_at(before, t) == now else now  # a schedule that fits goes on

        before = self.knobs
        return GuidanceParameters(
            settled(before.gamma, line["gamma"]), settled(before.eta, line["eta"])
        )

    def _read_energies(self) -> dict[int, NDArray[np.float64]]:
        found: dict[int, NDArray[np.float64]] = {}
        path = self.folder / "openmm.jsonl"
        for text in path.read_bytes().splitlines() if path.exists() else []:
            try:
                step, *rest = json.loads(text)
                step = int(step)
                if rest:
                    conformer, energy = rest
                    empty = np.full(self.config.samples, np.nan)
                    found.setdefault(step, empty)[conformer] = energy
                else:
                    found = {known: found[known] for known in found if known <= step}
            except DAMAGE:
                continue  # torn by a crash; what is missing is computed again
        steps = range(1, len(self.steps) + 1)
        return {k: found[k] for k in steps if k in found and np.isfinite(found[k]).any()}


def saved_runs(folder: str | Path) -> Iterator[Path]:
    """Folders of saved runs below a folder, the latest first."""
    found = [path.parent for path in Path(folder).glob("*/*/run.json")]
    yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
