"""What a person does with one protein: runs, branches of runs, and what is kept of them."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from ..errors import SettingsError, UserError
from ..guidance.schedule import Strength
from ..proteins.starting_structure import StartingStructure
from ..proteins.system import System
from ..sampling import Run, SamplerConfig
from .branch import Branch
from .branches import Branches, check_memory
from .playback import Playback
from .player import Status
from .recording import Recording, RecordingError
from .run_factory import RunFactory


class Session:
    """Branches of one protein, one of them on the player.

    Any thread may call the methods; none waits for the sampler.

    Parameters
    ----------
    system : System
    config : SamplerConfig
        Of the first run.
    device : str
    folder : path or None
        Where runs are saved, each in a folder of its own; None saves nothing.
    start : StartingStructure, optional
        What runs with ``t_start`` below 1 start from, and what all runs hold residues of.

    Attributes
    ----------
    branches : list of Branch
    config : SamplerConfig
        Of the next new run; γ and η as they stand now, which the next step takes.
    seed_locked : bool
        Whether runs that begin again keep the seed.
    player : Player
    energies : Energies
    notice : UserError or None
        What went wrong last and did not end the run; the next command takes it away.

    Raises
    ------
    SettingsError
        For a batch that the memory cannot hold.
    """

    def __init__(
        self,
        system: System,
        config: SamplerConfig,
        *,
        device: str = "cpu",
        folder: str | Path | None = None,
        start: StartingStructure | None = None,
    ):
        check_memory(config, len(system.sequence))
        self.system, self.config, self.device = system, config, device
        self.start = start
        self.branches = Branches()
        self.notice: UserError | None = None
        self.seed_locked = False
        self._lock = threading.RLock()
        self._newest = object()  # the command that decides what is on the player
        self._maker = RunFactory(system, folder)
        self._playback = Playback(system, self._warn)
        self.player, self.energies = self._playback.player, self._playback.energies
        self._load(self.branches.add(config, start))

    @property
    def current(self) -> Branch:
        """The branch on the player."""
        branch = self._playback.branch
        assert branch is not None  # there is one from the beginning
        return branch

    @property
    def folder(self) -> Path | None:
        """In which its runs are saved, each in a folder of its own; None if they are not."""
        return self._maker.folder

    @property
    def trouble(self) -> str:
        """Why the run failed or, if it did not, `notice`; empty for neither."""
        return self._playback.failure or ("" if self.notice is None else str(self.notice))

    # --- commands ---------------------------------------------------------------------------

    def play(self) -> None:
        """Run on; a run that is finished or was stopped starts again with new noise.

        One that failed tries its next step again, with the knobs as they stand.
        """
        if self.player.status in (Status.FINISHED, Status.STOPPED):
            self.restart()
        elif self.player.status is Status.FAILED:
            self._load(self.current)
        self.notice = None
        self.player.play()

    def reset(self) -> None:
        """Back to where the branch began, the knobs as they stand; the same noise comes again."""
        branch = self.current

        def start_over(run: Run) -> None:
            replaced = self._maker.start_over(branch, run)
            if replaced is not None:
                self._playback.finish(branch, replaced)

        self._load(branch, change=start_over, fall_back=branch.instead_of)

    def restart(
        self,
        config: SamplerConfig | None = None,
        *,
        start: StartingStructure | None = None,
        keep: bool = False,
    ) -> None:
        """Begin a run of new settings (None: the present ones, another seed unless locked).

        It takes the place of the current branch, or stands beside it with ``keep``. Where it
        cannot be made, the current branch stays, and ``notice`` says why.
        """
        if config is None:
            seed = self.config.seed if self.seed_locked else new_seed()
            config = dataclasses.replace(self.config, seed=seed)
        check_memory(config, len(self.system.sequence))
        with self._lock:
            old, start = self.current, start or self.start
            if old.instead_of is not None:  # still being made: one is enough
                self._forget(old)
                old = old.instead_of
            branch = self.branches.add(config, start)
            branch.instead_of = None if keep else old
            self.config, self.start = config, start
            self._load(branch, fall_back=old)

    def fork(self, step: int, *, seed: int | None = None) -> Branch:
        """Leave the current branch after ``step`` steps, for another future.

        It goes on with γ and η as they stand, and the noise of ``seed`` (None: the same).
        """
        with self._lock:
            branch = self.branches.fork(self.current, step, seed)
            self._adopt(branch)
            self._load(branch)
            return branch

    def select(self, name: str) -> None:
        """Put another branch on the player, with its settings, knobs and seed."""
        with self._lock:
            branch = self.branches.find(name)
            if branch is not self.current:
                self._adopt(branch)
                self._load(branch)

    def remove(self, name: str) -> None:
        """Forget a branch; what was saved of it stays."""
        with self._lock:
            branch = self.branches.find(name)
            if len(self.branches) == 1:
                raise SettingsError("This is the only branch; restart instead.")
            self.branches.forget(branch)
            if branch is self.current:
                self._adopt(self.branches[-1])
                self._load(self.branches[-1])
            self._playback.forget(branch)  # it makes no more steps now
        self._playback.tell()

    def rename(self, name: str, title: str) -> None:
        """Give a branch a title, which is saved; an empty one brings its letter back."""
        branch = self.branches.find(name)
        branch.title = title.strip() or name
        recorder = branch.recorder  # another thread may take it away
        if recorder is not None:
            recorder.retitle("" if branch.title == name else branch.title)
        self._playback.tell()

    def turn(self, **knobs: Strength) -> None:
        """Set γ or η of the next step and of new runs."""
        with self._lock:
            self.player.turn(**knobs)
            self.config = dataclasses.replace(self.config, **knobs)  # type: ignore[arg-type]
            self.current.knobs = self.current.knobs._replace(**knobs)
        self._playback.tell()

    def open(self, folder: str | Path) -> Branch:
        """Show a saved run as it was left; playing goes on where it stopped, in the same folder.

        Raises
        ------
        RecordingError
            For a run that cannot be read or is of another protein; nothing has changed then.
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
                self._warn(RecordingError(recording.damage))
            return branch

    def close(self) -> None:
        """End the threads."""
        self._playback.close()
        for branch in self.branches:
            if branch.recorder is not None:
                branch.recorder.close()

    # --- looking ----------------------------------------------------------------------------

    def listen(
        self, listener: Callable[[], None], ready: Callable[[], bool] = lambda: True
    ) -> None:
        """Call after every change, in whichever thread made it; must be quick.

        Steps of a run at full speed are measured as often as one of the listeners is ``ready`` for
        them, and the rest when the run rests: measuring takes the sampler's time.
        """
        self._playback.listen(listener, ready)

    def find(self, name: str) -> Branch:
        """The branch with a letter."""
        return self.branches.find(name)

    # --- inside -----------------------------------------------------------------------------

    def _adopt(self, branch: Branch) -> None:
        """Make the settings of a branch, its knobs as they stand, the present ones."""
        self.config = branch.settings
        free = None if self.start is None else dataclasses.replace(self.start, fixed="")
        self.start = branch.start or free

    def _load(
        self,
        branch: Branch,
        *,
        change: Callable[[Run], None] | None = None,
        fall_back: Branch | None = None,
    ) -> None:
        """Put a branch on the player, in whose thread its run is made, or changed.

        Its knobs are those of the run's next step, whatever they were in the last one. Where
        another command comes before the run is made, that one decides what is on the player and
        which branches there are: this one only makes its run, and the player drops it.
        """

        command = object()  # not the function itself, which would keep what it holds in a cycle

        def build() -> Run:
            run = branch.run
            if run is None:
                try:
                    run = self._maker.make(branch, self.device)
                except Exception as error:
                    with self._lock:
                        wanted = self._newest is command and fall_back in self.branches
                        if not wanted or fall_back is None or fall_back.run is None:
                            raise
                        return self._fall_back(branch, fall_back, error)
            with self._lock:
                if self._newest is command and branch.instead_of is not None:
                    self._forget(branch.instead_of)
                    branch.instead_of = None  # or each run would keep all before it in memory
            if change is not None:
                change(run)
            run.gamma, run.eta = branch.knobs
            return run

        with self._lock:
            left = self._playback.branch
            if left is not None and left is not branch:
                left.instead_of = None  # from now on it stands beside, made or not
            self._newest = command
            self.notice = None
            self._playback.load(branch, build)

    def _forget(self, branch: Branch) -> None:
        """Take a branch away that makes no more steps; what was seen of it is still written."""
        self.branches.forget(branch)
        self._playback.forget(branch)

    def _fall_back(self, failed: Branch, good: Branch, error: Exception) -> Run:
        """A branch could not be made: go on with the one before; with the lock."""
        assert good.run is not None
        self._forget(failed)
        self._playback.branch = good
        self._adopt(good)
        self._warn(error if isinstance(error, UserError) else UserError(str(error)))
        good.run.gamma, good.run.eta = good.knobs
        return good.run

    def _warn(self, error: UserError) -> None:
        self.notice = error
        self._playback.tell()


def new_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(2**31)
