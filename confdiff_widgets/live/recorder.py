"""Save a run to disk while it is made."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from ..files.writing import append, output_errors, write_text
from ..proteins.starting_structure import StartingStructure
from ..sampling import Run, State
from .recording import Recording
from .run_format import (
    HEADER_FILE,
    OPENMM_FILE,
    STEP_FILES,
    STRUCTURE_FILE,
    OpenmmEnergies,
    RecordingError,
    encode_energies,
    encode_energy,
    encode_header,
    encode_truncation,
    replace_title,
    run_metadata,
)
from .step_format import encode_step

NEXT_STEP = "The run continues, and its next step tries to save all steps again."


class Recorder:
    """Writes the steps of a run. Any thread may call its methods.

    Creates the folder with the first step that is added.

    Parameters
    ----------
    folder : path
        Must not exist yet.
    run : Run
        Its past steps, if any, are written together with its next step.
    metadata : dict
        Further contents of ``run.json``, see `run_format.branch_metadata`.
    start : StartingStructure, optional
        Structure that the run starts from or has fixed residues of.
    openmm : dict, optional
        OpenMM energies of the past steps, by step.
    """

    def __init__(
        self,
        folder: str | Path,
        run: Run,
        metadata: dict[str, Any],
        start: StartingStructure | None = None,
        openmm: OpenmmEnergies | None = None,
    ):
        self.folder = Path(folder)
        self._start, self._openmm = start, openmm or {}
        self._states = [state for state in run.states if state.evaluation is not None]
        self._ends: list[tuple[int, ...]] = [(0, 0, 0)]  # of the files, after each step
        self._files: tuple[FileIO, ...] = ()
        self._created = False
        self._recording: Recording | None = None
        self._closed = False
        self._lock = threading.RLock()
        self._metadata = metadata | run_metadata(run)

    @classmethod
    def resume(cls, recording: Recording, run: Run) -> Recorder:
        """Return a recorder that appends to a recording, which was replayed into ``run``."""
        recorder = cls(recording.folder, run, {}, recording.start)
        recorder._metadata, recorder._recording = recording.metadata, recording
        recorder._ends = list(recording.ends)
        return recorder

    @property
    def on_disk(self) -> bool:
        """Whether the folder exists."""
        return bool(self._files) or self._recording is not None

    def add(self, state: State) -> None:
        """Write one step. It replaces the same step and all later ones, if they were written.

        Ignores a state that is already written, one that does not follow the known steps (for
        example from before a reset), and any state after :meth:`close`.

        Raises
        ------
        OutputError
            If the step cannot be written; it is written with the next one.
        RecordingError
            If another process continues the same recording.
        """
        step = state.step
        with self._lock:
            if self._closed or step > len(self._states) + 1:
                return
            if step <= len(self._states) and self._states[step - 1] is state:
                return
            self._states[step - 1 :] = [state]
            with output_errors(self.folder, NEXT_STEP):
                if not self._files:
                    self._open(step)
                self._truncate_steps(step - 1)
                self._write_missing()

    def add_energy(self, step: int, conformer: int, energy: float) -> None:
        """Write an OpenMM energy (kcal/mol). Ignores errors: it can be computed again."""
        with self._lock, suppress(OSError):
            if self.on_disk and not self._closed:  # before that, _open writes it with the past
                self._append_energies(encode_energy(step, conformer, energy))

    def set_title(self, title: str) -> None:
        """Write the title that the user gives to the run; an empty one removes it.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        with self._lock:
            self._metadata = replace_title(self._metadata, title)
            if self.on_disk:
                self._write_header()

    def close(self) -> None:
        """Close the files; ignore everything that is added later."""
        with self._lock:
            self._closed = True
            for file in self._files:
                file.close()

    def _open(self, step: int) -> None:
        """Open the files in order to write ``step``, and write the steps before it."""
        paths = [self.folder / name for name in STEP_FILES]
        if self._recording is not None:
            sizes = tuple(path.stat().st_size if path.exists() else 0 for path in paths)
            if sizes != self._recording.sizes:
                raise self._conflict()
            self._write_header()
            self._append_energies(encode_truncation(len(self._ends) - 1, after_crash=True))
            self._files = tuple(
                path.open("r+b" if path.exists() else "wb", buffering=0) for path in paths
            )
            self._truncate_files()
            return
        if not self._created:
            self.folder.mkdir(parents=True)
            self._created = True
        for path in paths:
            path.touch()
        if self._start is not None:
            self._start.save(self.folder / STRUCTURE_FILE)
        self._write_header()  # last, because it makes the folder a saved run
        self._append_energies(encode_energies(self._openmm, before=step))
        self._files = tuple(path.open("r+b", buffering=0) for path in paths)

    def _write_missing(self) -> None:
        """Append the steps that are not on disk: the last one, the past, and what failed."""
        for state in self._states[len(self._ends) - 1 :]:
            self._write(state)

    def _write(self, state: State) -> None:
        """Append a step, its numbers before the line that announces them."""
        line_file, *number_files = self._files
        line, *numbers = encode_step(state)
        try:
            for file, data in zip(number_files, numbers, strict=True):
                append(file, data)
            append(line_file, line)
        except OSError:
            self._truncate_files()
            raise
        self._ends.append(tuple(file.tell() for file in self._files))

    def _truncate_steps(self, steps: int) -> None:
        """Remove everything after the first ``steps`` steps."""
        sizes = tuple(os.fstat(file.fileno()).st_size for file in self._files)
        if sizes != self._ends[-1]:
            raise self._conflict()
        if steps < len(self._ends) - 1:
            del self._ends[steps + 1 :]
            self._truncate_files()
            self._append_energies(encode_truncation(steps))

    def _truncate_files(self) -> None:
        for file, end in zip(self._files, self._ends[-1], strict=True):
            file.seek(end)
            file.truncate()

    def _append_energies(self, lines: str) -> None:
        if lines:
            with (self.folder / OPENMM_FILE).open("a", encoding="utf-8") as file:
                file.write(lines)

    def _write_header(self) -> None:
        write_text(self.folder / HEADER_FILE, encode_header(self._metadata), NEXT_STEP)

    def _conflict(self) -> RecordingError:
        return RecordingError(
            f"Another Explorer is saving the run in {self.folder}, so this one does not save it. "
            "Branch the run to save your steps in a new folder."
        )
