"""A run on disk, written as it goes: settings first, then a line and a block of numbers a step.

``run.json`` holds the settings, ``steps.jsonl`` one line a step, ``frames.f32`` the frames x_t,
the frames x̂_0 and the torsions of each step as 32-bit floats (a residue: quaternion and position
of both, sine and cosine of seven torsions), ``start.npz`` the structure that it starts from or
holds residues of, if it does. A crash can cost the last step at most: what is
incomplete at the end is left out when the recording is opened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..geometry.rigid import Rigid
from ..guidance.schedule import knob_at
from ..sampling import Run, SamplerConfig, State
from .start import Start

FORMAT = "confdiff-run-1"
NUMBERS = 7 + 7 + 14
"""A residue's, in a block."""


class RecordingError(UserError, ValueError):
    """A recording that cannot be written or read."""


@dataclass(frozen=True, eq=False)
class RecordedStep:
    """One step of a recorded run."""

    step: int
    t: float
    gamma: float
    eta: float
    seed: int
    rigid: Rigid  # (B, L) x_t after the step, Å
    prediction: Rigid  # (B, L) x̂_0, Å
    torsions: Tensor  # (B, L, 7, 2)
    scores: dict[str, float]  # mean size of each part of the score, translations
    energy: list[float] | None  # learned, (B,)


class Recorder:
    """Writes a run into a new folder.

    Parameters
    ----------
    folder : path
        Made by this; must not exist.
    run : Run
        Its past, if it has one, is written at once.
    about : dict
        What else ``run.json`` says: protein, networks, parent.
    start : Start, optional
        That the run begins at, or holds residues of.
    """

    def __init__(
        self, folder: str | Path, run: Run, about: dict[str, Any], start: Start | None = None
    ):
        self.folder = Path(folder)
        self._run = run
        self._ends: list[tuple[int, int]] = [(0, 0)]  # of both files after each step
        header = {
            "format": FORMAT,
            **about,
            "sequence": run.sequence,
            "config": run.config.to_dict(),
            "device": str(run.device),
            **({"fixed": run.restraint.residues} if run.restraint else {}),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        try:
            self.folder.mkdir(parents=True)
            text = json.dumps(header, indent=1, ensure_ascii=False) + "\n"
            (self.folder / "run.json").write_text(text, encoding="utf-8")
            if start is not None:
                start.save(self.folder / "start.npz")
            self._lines: BinaryIO = (self.folder / "steps.jsonl").open("wb")
            self._frames: BinaryIO = (self.folder / "frames.f32").open("wb")
        except OSError as error:
            raise RecordingError(
                f"The run cannot be saved in {self.folder}: {error.strerror}. "
                "Choose another folder or free some space; the run itself goes on."
            ) from error
        for state in run.states:
            if state.evaluation is not None:
                self.add(state)

    @property
    def steps(self) -> int:
        """Steps written."""
        return len(self._ends) - 1

    def add(self, state: State) -> None:
        """Write one step, in place of what was written of it and later steps.

        The numbers come before the line that announces them.
        """
        evaluation = state.evaluation
        assert evaluation is not None
        block = torch.cat(
            [
                state.rigid.to_tensor7(),
                evaluation.frames.to_tensor7(),
                evaluation.torsions.flatten(-2),
            ],
            dim=-1,
        )
        line = {
            "step": state.step,
            "t": state.t,
            "gamma": state.gamma,
            "eta": state.eta,
            "seed": self._run.seeds[state.step - 1],
            "scores": state.mean_scores(),
            "energy": None if evaluation.energy is None else evaluation.energy.tolist(),
        }
        try:
            self._cut(state.step - 1)
            self._frames.write(block.to(torch.float32).cpu().numpy().tobytes())
            self._frames.flush()
            self._lines.write((json.dumps(line) + "\n").encode())
            self._lines.flush()
        except OSError as error:
            raise RecordingError(
                f"Step {state.step} could not be saved in {self.folder}: {error.strerror}. "
                "Free some space; the steps before it are safe."
            ) from error
        self._ends.append((self._lines.tell(), self._frames.tell()))

    def _cut(self, steps: int) -> None:
        if steps == self.steps:
            return
        del self._ends[steps + 1 :]
        for file, end in zip((self._lines, self._frames), self._ends[-1], strict=True):
            file.seek(end)
            file.truncate()

    def close(self) -> None:
        self._lines.close()
        self._frames.close()


class Recording:
    """A recorded run, read back.

    Attributes
    ----------
    folder : Path
    about : dict
        What ``run.json`` says.
    sequence : str
    config : SamplerConfig
    start : Start or None
        What the run began at, or held residues of; None for neither.
    steps : list of RecordedStep
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        try:
            self.about: dict[str, Any] = json.loads(
                (self.folder / "run.json").read_text(encoding="utf-8")
            )
            lines = (self.folder / "steps.jsonl").read_text(encoding="utf-8").splitlines()
            numbers = np.fromfile(self.folder / "frames.f32", dtype=np.float32)
            start = self.folder / "start.npz"
            self.start = Start.load(start) if start.exists() else None
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise RecordingError(f"{folder} holds no readable run: {error}") from error
        if self.about.get("format") != FORMAT:
            raise RecordingError(
                f"{folder} was written by another version (format {self.about.get('format')!r}, "
                f"this one reads {FORMAT!r}). Open it with that version."
            )
        try:
            self.sequence: str = self.about["sequence"]
            self.config = SamplerConfig(**self.about["config"])
        except (KeyError, TypeError) as error:
            raise RecordingError(f"{folder}/run.json lacks or adds a setting: {error}") from error
        shape = (self.config.samples, len(self.sequence), NUMBERS)
        told = _complete(lines)
        complete = min(len(numbers) // int(np.prod(shape)), len(told))
        blocks = torch.from_numpy(numbers[: complete * int(np.prod(shape))]).view(-1, *shape)
        self.steps = [_step(line, block) for line, block in zip(told, blocks, strict=False)]

    def replay(self, run: Run) -> Run:
        """Bring a new run of the same settings to where this one was.

        Raises
        ------
        RecordingError
            If it comes out elsewhere: other weights, another device or version.
        """
        for recorded in self.steps:
            t = run.state.t
            if knob_at(run.gamma, t) != recorded.gamma:  # a schedule that fits goes on afterwards
                run.gamma = recorded.gamma
            if knob_at(run.eta, t) != recorded.eta:
                run.eta = recorded.eta
            run.reseed(recorded.seed)
            state = run.step()
            if not torch.allclose(state.rigid.trans.cpu(), recorded.rigid.trans, atol=1e-2):
                raise RecordingError(
                    f"Step {recorded.step} of {self.folder} cannot be repeated here: other "
                    "weights, another device or version made it. It can be looked at, but not "
                    "continued."
                )
        return run


def saved_runs(folder: str | Path) -> Iterator[Path]:
    """Folders of saved runs below a folder, the latest first."""
    found = [path.parent for path in Path(folder).glob("*/*/run.json")]
    yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _step(line: dict[str, Any], block: Tensor) -> RecordedStep:
    return RecordedStep(
        **line,
        rigid=Rigid.from_tensor7(block[..., :7]),
        prediction=Rigid.from_tensor7(block[..., 7:14]),
        torsions=block[..., 14:].unflatten(-1, (7, 2)),
    )


def _complete(lines: list[str]) -> list[dict[str, Any]]:
    """The lines that were written to their end."""
    parsed = []
    for line in lines:
        try:
            parsed.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return parsed
