"""A run on disk, written as it goes: settings first, then a line and a block of numbers a step.

``run.json`` holds the settings, ``steps.jsonl`` one line a step, ``frames.f32`` the frames x_t and
x̂_0 of each step as 32-bit floats (quaternion and position of each residue). A crash can cost the
last step at most: what is incomplete at the end is left out when the recording is opened.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

import numpy as np
import torch

from ..errors import UserError
from ..geometry.rigid import Rigid
from ..sampling import Run, SamplerConfig, State

FORMAT = "confdiff-run-1"


class RecordingError(UserError, ValueError):
    """A recording that cannot be written or read."""


@dataclass(frozen=True, eq=False)
class RecordedStep:
    """One step of a recorded run."""

    step: int
    t: float
    gamma: float
    rigid: Rigid  # (B, L) x_t after the step, Å
    prediction: Rigid  # (B, L) x̂_0, Å


class Recorder:
    """Writes a run into a new folder."""

    def __init__(self, folder: str | Path, run: Run, *, protein: str):
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True)
            about = {
                "format": FORMAT,
                "protein": protein,
                "sequence": run.sequence,
                "config": run.config.to_dict(),
                "device": str(run.device),
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            }
            (self.folder / "run.json").write_text(json.dumps(about, indent=1) + "\n")
            self._lines: TextIO = (self.folder / "steps.jsonl").open("w")
            self._frames: BinaryIO = (self.folder / "frames.f32").open("wb")
        except OSError as error:
            raise RecordingError(
                f"The run cannot be saved in {self.folder}: {error.strerror}. "
                "Choose another folder or free some space; the run itself goes on."
            ) from error

    def add(self, state: State) -> None:
        """Write one step; the numbers before the line that announces them."""
        prediction = state.prediction
        assert prediction is not None
        block = torch.stack([state.rigid.to_tensor7(), prediction.to_tensor7()])
        line = {"step": state.step, "t": state.t, "gamma": state.gamma}
        try:
            self._frames.write(block.to(torch.float32).cpu().numpy().tobytes())
            self._frames.flush()
            self._lines.write(json.dumps(line) + "\n")
            self._lines.flush()
        except OSError as error:
            raise RecordingError(
                f"Step {state.step} could not be saved in {self.folder}: {error.strerror}. "
                "Free some space; the steps before it are safe."
            ) from error

    def close(self) -> None:
        self._lines.close()
        self._frames.close()


class Recording:
    """A recorded run, read back.

    Attributes
    ----------
    folder : Path
    protein, sequence : str
    config : SamplerConfig
    steps : list of RecordedStep
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        try:
            about = json.loads((self.folder / "run.json").read_text())
            lines = (self.folder / "steps.jsonl").read_text().splitlines()
            numbers = np.fromfile(self.folder / "frames.f32", dtype=np.float32)
        except (OSError, json.JSONDecodeError) as error:
            raise RecordingError(f"{folder} holds no readable run: {error}") from error
        if about.get("format") != FORMAT:
            raise RecordingError(
                f"{folder} was written by another version (format {about.get('format')!r}, this "
                f"one reads {FORMAT!r}). Open it with that version."
            )
        self.protein: str = about["protein"]
        self.sequence: str = about["sequence"]
        self.config = SamplerConfig(**about["config"])
        shape = (2, self.config.samples, len(self.sequence), 7)
        complete = min(len(numbers) // int(np.prod(shape)), len(_complete(lines)))
        blocks = torch.from_numpy(numbers[: complete * int(np.prod(shape))]).view(-1, *shape)
        self.steps = [
            RecordedStep(
                line["step"],
                line["t"],
                line["gamma"],
                Rigid.from_tensor7(block[0]),
                Rigid.from_tensor7(block[1]),
            )
            for line, block in zip(_complete(lines), blocks, strict=False)
        ]


def _complete(lines: list[str]) -> list[dict]:
    """The lines that were written to their end."""
    parsed = []
    for line in lines:
        try:
            parsed.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return parsed
