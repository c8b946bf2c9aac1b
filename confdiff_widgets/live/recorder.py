"""Writes a run to disk as it goes; `recording` says what lies in which file, and reads it."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray

from ..proteins.starting_structure import StartingStructure
from ..sampling import Run, State
from .recording import FORMAT, FRAMES, LINES, PUSHES, Recording, RecordingError

Energies = Mapping[int, NDArray[np.float64]]


class Recorder:
    """Writes a run, from the first step on that is not on disk yet. Any thread may call.

    Nothing is written, and no folder made, before that step comes.

    Parameters
    ----------
    folder : path
        Made by this; must not exist.
    run : Run
        Its past, if it has one, is written with its next step.
    about : dict
        What else ``run.json`` says: protein, networks, parent.
    start : StartingStructure, optional
        That the run begins at, or holds residues of.
    openmm : dict, optional
        By step: OpenMM's energies of the past.
    """

    def __init__(
        self,
        folder: str | Path,
        run: Run,
        about: dict[str, Any],
        start: StartingStructure | None = None,
        openmm: Energies | None = None,
    ):
        self.folder = Path(folder)
        self._start, self._openmm = start, openmm or {}
        self._known = [state for state in run.states if state.evaluation is not None]
        self._ends: list[tuple[int, ...]] = [(0, 0, 0)]  # of the files after each step
        self._files: tuple[BinaryIO, ...] = ()
        self._recording: Recording | None = None
        self._closed = False
        self._lock = threading.RLock()
        self._about = {
            **about,
            "sequence": run.sequence,
            "config": run.config.to_dict(),
            "device": str(run.device),
            **({"fixed": run.fixed_residues.residues} if run.fixed_residues else {}),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }

    @classmethod
    def going_on(cls, recording: Recording, run: Run) -> Recorder:
        """Goes on with a recording, which was replayed into ``run``."""
        recorder = cls(recording.folder, run, {}, recording.start)
        recorder._about, recorder._recording = recording.about, recording
        recorder._ends = list(recording.ends)
        return recorder

    @property
    def on_disk(self) -> bool:
        """Whether the folder is there."""
        return bool(self._files) or self._recording is not None

    def add(self, state: State) -> None:
        """Write one step, in place of what was written of it and later steps.

        A state that is on disk already changes nothing, nor does one that does not follow what is
        known (of before a reset, say), or one that comes after :meth:`close`.

        Raises
        ------
        RecordingError
            If it cannot be written, or somebody else goes on with the same recording.
        """
        step = state.step
        with self._lock:
            if self._closed or step > len(self._known) + 1:
                return
            if step <= len(self._known) and self._known[step - 1] is state:
                return
            try:
                if not self._files:
                    self._open(step)
                self._cut(step - 1)
                self._write(state)
            except OSError as error:
                raise RecordingError(
                    f"Step {step} could not be saved in {self.folder}: {error.strerror}. Free "
                    "some space; the steps before it are safe."
                ) from error
            self._known[step - 1 :] = [state]

    def add_energy(self, step: int, conformer: int, energy: float) -> None:
        """Write an energy of OpenMM; one that cannot be written is computed again some day."""
        with self._lock, suppress(OSError):
            if self.on_disk and not self._closed:  # not on disk: written with the rest of the past
                self._append_energies([[step, conformer, round(energy, 3)]])

    def retitle(self, title: str) -> None:
        """Write what a person calls the run; nothing for an empty title.

        Raises
        ------
        RecordingError
            If it cannot be written.
        """
        with self._lock:
            self._about.pop("title", None)
            if title:
                self._about["title"] = title
            if self.on_disk:
                try:
                    self._write_header()
                except OSError as error:
                    raise RecordingError(
                        f"The title could not be saved in {self.folder}: {error.strerror}."
                    ) from error

    def close(self) -> None:
        """Write no more; what comes later is dropped."""
        with self._lock:
            self._closed = True
            for file in self._files:
                file.close()

    def _open(self, step: int) -> None:
        """Begin to write with a step."""
        paths = [self.folder / name for name in (LINES, FRAMES, PUSHES)]
        if self._recording is not None:
            sizes = tuple(path.stat().st_size if path.exists() else 0 for path in paths)
            if sizes != self._recording.sizes:
                raise self._taken()
            self._write_header()
            self._append_energies([None, [len(self._ends) - 1]])  # the last line may be torn
            self._files = tuple(path.open("r+b" if path.exists() else "wb") for path in paths)
            self._truncate()
            return
        try:
            self.folder.mkdir(parents=True)
            self._write_header()
            if self._start is not None:
                self._start.save(self.folder / "start.npz")
            self._files = tuple(path.open("wb") for path in paths)
        except OSError as error:
            raise RecordingError(
                f"The run cannot be saved in {self.folder}: {error.strerror}. "
                "Choose another folder or free some space; the run itself goes on."
            ) from error
        for state in self._known[: step - 1]:
            self._write(state)
        self._append_energies(
            [known, conformer, round(float(energy), 3)]
            for known, energies in list(self._openmm.items())
            if known < step
            for conformer, energy in enumerate(energies)
            if np.isfinite(energy)
        )

    def _write(self, state: State) -> None:
        """The numbers come before the line that announces them."""
        evaluation = state.evaluation
        assert evaluation is not None and state.knobs is not None
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
            "knobs": [
                dataclasses.asdict(knob) if dataclasses.is_dataclass(knob) else knob
                for knob in state.knobs
            ],
            "seed": state.seed,
            "scores": state.mean_scores(),
            "energy": None if evaluation.energy is None else evaluation.energy.tolist(),
            "push": evaluation.physical is not None,
        }
        lines, frames, pushes = self._files
        frames.write(_bytes(block))
        if evaluation.physical is not None:
            pushes.write(_bytes(evaluation.physical.trans))
        frames.flush()
        pushes.flush()
        lines.write((json.dumps(line) + "\n").encode())
        lines.flush()
        self._ends.append(tuple(file.tell() for file in self._files))

    def _cut(self, steps: int) -> None:
        """Forget what came after so many steps."""
        sizes = tuple(os.fstat(file.fileno()).st_size for file in self._files)
        if sizes != self._ends[-1]:
            raise self._taken()
        if steps < len(self._ends) - 1:
            del self._ends[steps + 1 :]
            self._truncate()
            self._append_energies([[steps]])

    def _truncate(self) -> None:
        for file, end in zip(self._files, self._ends[-1], strict=True):
            file.seek(end)
            file.truncate()

    def _append_energies(self, lines: Any) -> None:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        if text:
            with (self.folder / "openmm.jsonl").open("a", encoding="utf-8") as file:
                file.write(text)

    def _write_header(self) -> None:
        """In one move, so that a crash leaves the one before."""
        about = {"format": FORMAT} | {k: v for k, v in self._about.items() if k != "format"}
        text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
        fresh = self.folder / "run.json.new"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.folder / "run.json")

    def _taken(self) -> RecordingError:
        return RecordingError(
            f"Another Explorer goes on with the run in {self.folder}, so it is not saved from "
            "here. Branch it: a branch has a folder of its own."
        )


def _bytes(numbers: torch.Tensor) -> bytes:
    return numbers.to(torch.float32).cpu().numpy().tobytes()
