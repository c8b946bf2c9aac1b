"""A session with one protein: run, branch, save and reopen."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..guidance.parameters import GuidanceParameters
from ..guidance.schedule import Strength
from ..proteins.starting_structure import StartingStructure
from ..proteins.system import System
from ..sampling import Run, SamplerConfig
from ..sampling.config import new_seed
from .branch import Branch
from .branches import Branches, check_memory
from .own_ensemble import OwnEnsemble
from .playback import Playback
from .player import Status
from .recording import Recording
from .run_factory import RunFactory
from .run_format import RecordingError
from .undo import Undo


class Session:
    """The branches of one protein, of which the player runs the current one.

    Any thread may call the methods; none of them waits for the sampler.

    Parameters
    ----------
    system : System
    config : SamplerConfig
        Settings of the first run.
    device : str
    folder : path or None
        Folder for saved runs, each in its own folder; None saves nothing.
    start : StartingStructure, optional
        Starting structure of runs with ``t_start`` below 1. All runs keep its fixed residues.
    title : str
        Title of new branches. Default: their letters.

    Attributes
    ----------
    branches : list of Branch
    seed_locked : bool
        Whether restarted runs keep the seed.
    player : Player
    energies : Energies
    own_ensemble : OwnEnsemble or None
        The ensemble of the transferable model itself; None for other systems.
    undoable : Undo
    notice : UserError or None
        Last error that did not end the run; the next command clears it.

    Raises
    ------
    SettingsError
        For a batch that does not fit into the memory.
    """

    def __init__(
        self,
        system: System,
        config: SamplerConfig,
        *,
        device: str = "cpu",
        folder: str | Path | None = None,
        start: StartingStructure | None = None,
        title: str = "",
    ):
        check_memory(config, len(system.sequence))
        self.system, self.device = system, device
        self.start = start
        self.branches = Branches(title)
        self.notice: UserError | None = None
        self.seed_locked = False
        self._settings: dict[str, Any] = {}  # of the next run, where they differ from this one's
        self._lock = threading.RLock()
        self._newest = object()  # token of the latest command; results of earlier ones are ignored
        self._run_factory = RunFactory(system, folder)
        self._playback = Playback(system, self._report)
        self.player, self.energies = self._playback.player, self._playback.energies
        self.own_ensemble = OwnEnsemble.of(system, device, self.player, self._playback.notify)
        self.undoable = Undo(self.branches, self._playback)
        self._load(self.branches.add(config, start))

    @property
    def current(self) -> Branch:
        """The current branch."""
        branch = self._playback.branch
        assert branch is not None  # set in __init__
        return branch

    @property
    def config(self) -> SamplerConfig:
        """Settings of the next run: those of the current branch, updated by `configure`."""
        return self.current.next_config.with_recorded(**self._settings)

    @property
    def folder(self) -> Path | None:
        """Folder of this session's saved runs; None if they are not saved."""
        return self._run_factory.folder

    @property
    def error_message(self) -> str:
        """Why the run failed, otherwise the `notice`; empty for neither."""
        return self._playback.failure or ("" if self.notice is None else str(self.notice))

    # --- commands ---------------------------------------------------------------------------

    def play(self) -> None:
        """Continue the run, or after a finished or stopped one start another with new noise.

        A failed run tries its next step again, with the current γ and η.
        """
        if self.player.status in (Status.FINISHED, Status.STOPPED):
            self.restart()
        elif self.player.status is Status.FAILED:
            self._load(self.current)
        self.notice = None
        self.player.play()

    def reset(self) -> None:
        """Rewind to the start, with the same noise; a run with steps stays on the timeline."""
        branch = self.current

        def reset_run(run: Run) -> None:
            self._playback.close_recorder(branch, self._run_factory.reset_run(branch, run))

        if branch.run is not None and branch.has_own_steps:
            self.undoable.remember(branch, self.fork(branch.fork))
        else:
            self._load(branch, change=reset_run, fallback=branch.replaces)

    def restart(
        self,
        config: SamplerConfig | None = None,
        *,
        start: StartingStructure | None = None,
        keep: bool = False,
    ) -> None:
        """Start a new run. The current one stays, unless it has no steps and ``keep`` is false.

        It stays too if the new run cannot be created; see `notice`.

        Parameters
        ----------
        config : SamplerConfig, optional
            Default: the current settings, with a new seed unless it is locked.
        start : StartingStructure, optional
            Default: the current one.
        keep : bool
        """
        if config is None:
            seed = self.config.seed if self.seed_locked else new_seed()
            config = dataclasses.replace(self.config, seed=seed)
        check_memory(config, len(self.system.sequence))
        with self._lock:
            old, start = self.current, start or self.start
            if old.replaces is not None:  # its run is still being created, so replace it instead
                self._discard(old)
                old = old.replaces
            self._discard(*self.branches.surplus(old))
            branch = self.branches.add(config, start)
            branch.replaces = None if keep else old
            self._settings, self.start = {}, start
            self._load(branch, fallback=old)

    def fork(self, step: int, *, seed: int | None = None) -> Branch:
        """Branch the current run after ``step`` steps, with the current γ and η.

        Parameters
        ----------
        step : int
        seed : int, optional
            Seed of the steps to come. Default: the noise of the current run.
        """
        with self._lock:
            config = self.current.next_config  # of a saved run, maybe with values out of range
            dataclasses.replace(config, seed=config.seed if seed is None else seed)
            branch = self.branches.fork(self.current, step, seed)
            self._adopt(branch)
            self._load(branch)
            return branch

    def select(self, name: str) -> None:
        """Make another branch current, with its settings, γ, η and seed."""
        with self._lock:
            branch = self.branches.find(name)
            if branch is not self.current:
                self._adopt(branch)
                self._load(branch)

    def remove(self, name: str) -> None:
        """Remove a branch until `undo`; its saved run stays on disk."""
        with self._lock:
            branch = self.branches.find(name)
            self.undoable.remove(branch)
            if branch is self.current:
                self._adopt(self.branches[-1])
                self._load(self.branches[-1])
        self._playback.notify()

    def undo(self) -> None:
        """Bring back the branch that was removed or reset last, and show it."""
        with self._lock:
            branch = self.undoable.restore()
            self._adopt(branch)
            self._load(branch)

    def rename(self, name: str, title: str) -> None:
        """Set and save the title of a branch; an empty one restores its letter."""
        self.branches.find(name).rename(title)
        self._playback.notify()

    def set_parameters(self, *, gamma: Strength | None = None, eta: Strength | None = None) -> None:
        """Set γ or η of the next step and of new runs, in their ranges; None leaves it."""
        changes: dict[str, Any] = {"gamma": gamma, "eta": eta}
        self._check({name: value for name, value in changes.items() if value is not None})
        with self._lock:
            self.player.set_parameters(gamma=gamma, eta=eta)
            before = self.current.parameters
            self.current.parameters = GuidanceParameters(
                before.gamma if gamma is None else gamma, before.eta if eta is None else eta
            )
        self._playback.notify()

    def configure(self, **settings: Any) -> None:
        """Change settings of the next run other than γ and η, such as ``seed=``."""
        self._check(settings)
        self._settings |= settings

    def open(self, folder: str | Path) -> Branch:
        """Show a saved run; playing continues it in the same folder.

        Raises
        ------
        RecordingError
            For a run that cannot be read or is of another protein; nothing changes then.
        """
        for branch in self.branches:
            if branch.folder is not None and branch.folder.resolve() == Path(folder).resolve():
                self.select(branch.name)
                return branch
        recording = Recording(folder)
        with self._lock:
            branch = self.branches.reopen(recording, self.system)
            self._adopt(branch)
            self._load(branch)
            if recording.damage:
                self._report(RecordingError(recording.damage))
            return branch

    def close(self) -> None:
        """End the threads and close the files."""
        self._playback.close()
        if self.own_ensemble is not None:
            self.own_ensemble.close()
        self.undoable.forget()
        for branch in self.branches:
            if branch.recorder is not None:
                branch.recorder.close()

    def listen(
        self, listener: Callable[[], None], ready: Callable[[], bool] = lambda: True
    ) -> None:
        """Call ``listener`` after every change, see `Playback.listen`."""
        self._playback.listen(listener, ready)

    # --- inside -----------------------------------------------------------------------------

    def _check(self, changes: dict[str, Any]) -> None:
        """Refuse changes that are out of range, whatever the values of a saved run are."""
        dataclasses.replace(self.config.with_recorded(gamma=1.0, eta=0.0, seed=0), **changes)

    def _adopt(self, branch: Branch) -> None:
        """Use the settings and the starting structure of a branch for new runs."""
        self._settings = {}
        unfixed = None if self.start is None else dataclasses.replace(self.start, fixed="")
        self.start = branch.start or unfixed

    def _load(
        self,
        branch: Branch,
        *,
        change: Callable[[Run], None] | None = None,
        fallback: Branch | None = None,
    ) -> None:
        """Make a branch current; the player's thread creates its run and applies ``change``.

        The run continues with the branch's γ and η, whatever they were in its last step. A later
        command that arrives before the run has been created takes precedence. The run is then
        still created, but the player discards it.
        """
        command = object()  # a plain token: the closure would be a reference cycle

        def make_run() -> Run:
            run = branch.run
            if run is None:
                try:
                    run = self._run_factory.create_run(branch, self.device)
                except Exception as error:
                    with self._lock:
                        usable = self._newest is command and fallback in self.branches
                        if not usable or fallback is None or fallback.run is None:
                            raise
                        return self._fall_back(branch, fallback, error)
            with self._lock:
                if self._newest is command and branch.replaces is not None:
                    if not branch.replaces.has_own_steps:
                        self._discard(branch.replaces)
                    branch.replaces = None  # otherwise a run would keep all earlier runs alive
            if change is not None:
                change(run)
            run.gamma, run.eta = branch.parameters
            return run

        with self._lock:
            left = self._playback.branch
            if left is not None and left is not branch:
                left.replaces = None  # the user left it, so both branches stay
            self._newest = command
            self.notice = None
            self._playback.load(branch, make_run)

    def _discard(self, *branches: Branch) -> None:
        """Remove branches that make no more steps; their queued states are still saved."""
        for branch in branches:
            self.branches.discard(branch)
            self._playback.detach_recorder(branch)

    def _fall_back(self, failed: Branch, good: Branch, error: Exception) -> Run:
        """Return to the previous branch when a run cannot be created; the caller has the lock."""
        assert good.run is not None
        self._discard(failed)
        self._playback.branch = good
        self._adopt(good)
        self._report(error if isinstance(error, UserError) else UserError(str(error)))
        good.run.gamma, good.run.eta = good.parameters
        return good.run

    def _report(self, error: UserError) -> None:
        self.notice = error
        self._playback.notify()
