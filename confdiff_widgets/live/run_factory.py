"""Create the run and the recorder of a branch."""

from __future__ import annotations

import time
from pathlib import Path
from secrets import token_hex

from ..proteins.system import System
from ..sampling import Run
from .branch import Branch
from .recorder import Recorder
from .run_format import branch_metadata


class RunFactory:
    """Creates the runs of a session's branches, and their recorders.

    Parameters
    ----------
    system : System
    folder : path or None
        Folder for saved runs. The session gets a new folder in it, with one folder for each run.
        None saves nothing.
    """

    def __init__(self, system: System, folder: str | Path | None):
        self._system = system
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{system.name}-{token_hex(2)}"
        self.folder = None if folder is None else Path(folder) / stamp
        self._recorders = 0

    def create_run(self, branch: Branch, device: str) -> Run:
        """Create the run of a branch: at its start, at its fork, or at the end of its recording.

        Raises
        ------
        UserError
            For settings that contradict each other, or a recording that cannot be repeated.
        """
        run = branch.fork_run() if branch.fork_run else self._create_unforked(branch, device)
        branch.fork_run = None  # it would keep the parent's run in memory
        if run.state.step in branch.frames:  # copied from the parent or read from a recording
            branch.queued_state = run.state
        branch.run, branch.recorder = run, self._create_recorder(branch, run)
        return run

    def reset_run(self, branch: Branch, run: Run) -> Recorder | None:
        """Rewind a run to the start of its branch; its recording, if any, stays on disk.

        Returns
        -------
        Recorder or None
            Former recorder of the recording, to be closed once it has the queued states.
        """
        run.rewind(branch.fork)
        branch.truncate(branch.fork)
        if branch.recording is None:
            return None
        former, branch.recording = branch.recorder, None
        branch.recorder = self._create_recorder(branch, run)
        return former

    def _create_unforked(self, branch: Branch, device: str) -> Run:
        start, config = branch.start, branch.config
        run = Run(
            self._system.load_networks(device, config.guidance),
            self._system.sequence,
            config,
            structure=start.rigid if start and config.t_start < 1 else None,
            physical=self._system.load_physical(config.guidance, device),
            fixed_residues=start.fixed_residues if start else None,
        )
        return run if branch.recording is None else branch.recording.replay(run)

    def _create_recorder(self, branch: Branch, run: Run) -> Recorder | None:
        if self.folder is None:
            return None
        if branch.recording is not None:
            return Recorder.resume(branch.recording, run)
        self._recorders += 1
        metadata = branch_metadata(
            protein=self._system.name,
            networks=self._system.network_sources,
            name=branch.name,
            parent=branch.parent,
            title="" if branch.title == branch.name else branch.title,
        )
        folder = self.folder / f"{self._recorders:02d}-{branch.name}"
        return Recorder(folder, run, metadata, branch.start, branch.openmm)
