"""How a branch comes by its run, and by what writes the run down."""

from __future__ import annotations

import time
from pathlib import Path
from secrets import token_hex

from ..proteins.system import System
from ..sampling import Run
from .branch import Branch
from .recorder import Recorder


class RunFactory:
    """Makes the runs of branches, each with a recorder.

    Parameters
    ----------
    system : System
    folder : path or None
        In which runs are saved, those of this maker in one folder, each in a folder of its own;
        None saves nothing.
    """

    def __init__(self, system: System, folder: str | Path | None):
        self._system = system
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{system.name}-{token_hex(2)}"
        self.folder = None if folder is None else Path(folder) / stamp
        self._named = 0

    def make(self, branch: Branch, device: str) -> Run:
        """Give a branch its run.

        Raises
        ------
        UserError
            As `Branch.begin`.
        """
        run = branch.begin(self._system, device)
        branch.make = None  # it would keep the parent's run in memory
        if run.state.step in branch.frames:  # of a parent, or of a recording
            branch.reached = run.state
        branch.run, branch.recorder = run, self._recorder(branch, run)
        return run

    def start_over(self, branch: Branch, run: Run) -> Recorder | None:
        """Back to where the branch began; a recording that it was read from stays on disk.

        Returns
        -------
        Recorder or None
            The recording's, which another has replaced: to be closed after what it still gets.
        """
        run.rewind(branch.fork)
        branch.cut(branch.fork)
        if branch.recording is None:
            return None
        replaced, branch.recording = branch.recorder, None
        branch.recorder = self._recorder(branch, run)
        return replaced

    def _recorder(self, branch: Branch, run: Run) -> Recorder | None:
        if self.folder is None:
            return None
        if branch.recording is not None:
            return Recorder.going_on(branch.recording, run)
        self._named += 1
        about = {
            "protein": self._system.name,
            "networks": self._system.networks,
            "branch": branch.name,
            "parent": branch.parent,
            **({} if branch.title == branch.name else {"title": branch.title}),
        }
        folder = self.folder / f"{self._named:02d}-{branch.name}"
        return Recorder(folder, run, about, branch.start, branch.openmm)
