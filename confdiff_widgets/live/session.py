"""What a person does with one protein: runs, branches of runs, and what is kept of them."""

from __future__ import annotations

import dataclasses
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from string import ascii_uppercase

from ..errors import SettingsError, UserError
from ..guidance.schedule import Knob
from ..sampling import Run, SamplerConfig, State
from ..sampling.memory import available_bytes
from .branch import Branch
from .cores import enough_for_all
from .energies import Energies
from .frame import recall
from .observer import Observer
from .player import Player, Status
from .recording import Recorder, Recording, RecordingError
from .start import Start
from .subject import Subject

STATE_BYTES = 700
"""A residue's share of what is kept of one step: frames, scores, torsions, atoms."""

MOST_BRANCHES = len(ascii_uppercase)

LONGEST_REST = 1.0
"""Seconds after which a run at full speed is looked at even if nobody has time for it."""


class Session:
    """Branches of one protein, one of them on the player.

    Any thread may call the methods; none waits for the sampler.

    Parameters
    ----------
    subject : Subject
    config : SamplerConfig
        Of the first run.
    device : str
    folder : path or None
        Where runs are saved, each in a folder of its own; None saves nothing.
    start : Start, optional
        What runs with ``t_start`` below 1 start from, and what all runs hold residues of.

    Attributes
    ----------
    branches : list of Branch
    current : Branch
    config : SamplerConfig
        Of the next new run; γ and η as they stand now.
    seed_locked : bool
        Whether runs that begin again keep the seed.
    energies : Energies
    notice : UserError or None
        What went wrong last and did not end the run.
    """

    def __init__(
        self,
        subject: Subject,
        config: SamplerConfig,
        *,
        device: str = "cpu",
        folder: str | Path | None = None,
        start: Start | None = None,
    ):
        self.subject, self.config, self.device = subject, config, device
        self.start = start
        self.folder = None if folder is None else Path(folder) / _stamp(subject)
        self.branches: list[Branch] = []
        self.notice: UserError | None = None
        self.seed_locked = False
        self._lock = threading.RLock()
        self._named = 0
        self._listeners: list[Callable[[], None]] = []
        self._ready: list[Callable[[], bool]] = []
        self._last: State | None = None
        self._told: Status | None = None
        self.player = Player()
        self.player.watch(self._moved)
        self.energies = Energies(subject.sequence, self._tell)
        self._observer = Observer(subject, self._seen, self._not_saved, self._calm)
        self.current = self._add(config, None)
        self._load(self.current)

    # --- commands ---------------------------------------------------------------------------

    def play(self) -> None:
        """Run on; a finished run starts again with new noise."""
        if self.player.status is Status.FINISHED:
            self.restart()
        self.player.play()

    def reset(self) -> None:
        """Back to where the branch began; the same noise comes again."""
        branch = self.current
        self._load(branch, lambda run: run.rewind(branch.fork))

    def restart(
        self,
        config: SamplerConfig | None = None,
        *,
        start: Start | None = None,
        keep: bool = False,
    ) -> None:
        """Begin a run of new settings (None: the present ones, another seed unless locked).

        It takes the place of the current branch, or stands beside it with ``keep``. Where it
        cannot be made, the current branch stays, and ``notice`` says why.
        """
        if config is None:
            seed = self.config.seed if self.seed_locked else new_seed()
            config = dataclasses.replace(self.config, seed=seed)
        self._check_memory(config)
        with self._lock:
            self.config, self.start = config, start or self.start
            old = self.current
            if old.run is None and old.instead_of is not None:  # still being made: one is enough
                self._forget(old)
                old = old.instead_of
            self.current = self._add(config, None)
            self.current.instead_of = None if keep else old
            self._load(self.current, fall_back=old)

    def fork(self, step: int, *, seed: int | None = None) -> Branch:
        """Leave the current branch after ``step`` steps, for another future."""
        with self._lock:
            parent = self.current
            if parent.run is None:
                raise SettingsError("Continue this run first; a recording alone cannot branch.")
            if not 0 <= step <= parent.run.state.step or step >= parent.steps:
                raise SettingsError(
                    f"Cannot branch at step {step}: the run has made {parent.run.state.step} of "
                    f"{parent.steps} steps, and something must be left to do."
                )
            run = parent.run
            branch = self._add(parent.config, parent, step)
            branch.start = parent.start
            branch.frames = {k: frame for k, frame in parent.frames.items() if k <= step}
            branch.openmm = {k: found for k, found in parent.openmm.items() if k <= step}
            self.current = branch
            self._load(branch, make=lambda: run.branch(step, seed=seed))
            return branch

    def select(self, name: str) -> None:
        """Put another branch on the player."""
        with self._lock:
            branch = self.find(name)
            if branch is not self.current:
                self.current = branch
                self._load(branch)

    def remove(self, name: str) -> None:
        """Forget a branch; what was saved of it stays."""
        with self._lock:
            branch = self.find(name)
            if len(self.branches) == 1:
                raise SettingsError("This is the only branch; restart instead.")
            self._forget(branch)
            if branch is self.current:
                self.current = self.branches[-1]
                self._load(self.current)
        self._tell()

    def rename(self, name: str, title: str) -> None:
        """Give a branch a title; an empty one brings its letter back."""
        self.find(name).title = title.strip() or name
        self._tell()

    def turn(self, **knobs: Knob) -> None:
        """Set γ or η of the next step and of new runs."""
        self.player.turn(**knobs)
        self.config = dataclasses.replace(self.config, **knobs)  # type: ignore[arg-type]
        self._tell()

    def open(self, folder: str | Path) -> Branch:
        """Show a saved run; playing goes on where it stopped."""
        recording = Recording(folder)
        if recording.sequence != self.subject.sequence:
            raise RecordingError(
                f"{folder} holds a run of {recording.sequence}; this is {self.subject.sequence}."
            )
        with self._lock:
            branch = self._add(recording.config, None)
            branch.recording, branch.start = recording, recording.start
            branch.title = recording.about.get("title", branch.name)
            self._adopt(branch)
            branch.frames = {s.step: recall(s, self.subject) for s in recording.steps}
            self._load(branch)
            return branch

    def close(self) -> None:
        """End the threads."""
        self.player.close()
        self._observer.close()
        self.energies.close()

    # --- looking ----------------------------------------------------------------------------

    def listen(
        self, listener: Callable[[], None], ready: Callable[[], bool] = lambda: True
    ) -> None:
        """Call after every change, in whichever thread made it; must be quick.

        Steps of a run at full speed are measured as often as one of the listeners is ``ready`` for
        them, and the rest when the run rests: measuring takes the sampler's time.
        """
        self._listeners.append(listener)
        self._ready.append(ready)

    def find(self, name: str) -> Branch:
        for branch in self.branches:
            if branch.name == name:
                return branch
        raise SettingsError(f"There is no branch {name!r}; there are {self._names()}.")

    def _names(self) -> str:
        return ", ".join(branch.name for branch in self.branches)

    # --- inside -----------------------------------------------------------------------------

    def _add(self, config: SamplerConfig, parent: Branch | None, fork: int = 0) -> Branch:
        with self._lock:
            if len(self.branches) >= MOST_BRANCHES:
                raise SettingsError(f"{MOST_BRANCHES} branches are open; remove one first.")
            taken = {branch.name for branch in self.branches}
            name = next(letter for letter in ascii_uppercase if letter not in taken)
            branch = Branch(name, name, config, None, parent.name if parent else None, fork)
            if self.start is not None and (config.t_start < 1 or self.start.fixed):
                branch.start = self.start
            self.branches.append(branch)
            return branch

    def _adopt(self, branch: Branch) -> None:
        """Make a branch and its settings the present ones."""
        self.current, self.config = branch, branch.config
        free = None if self.start is None else dataclasses.replace(self.start, fixed="")
        self.start = branch.start or free

    def _forget(self, branch: Branch) -> None:
        if branch in self.branches:
            self.branches.remove(branch)
        if branch.recorder is not None:
            branch.recorder.close()
            branch.recorder = None

    def _load(
        self,
        branch: Branch,
        change: Callable[[Run], object] | None = None,
        make: Callable[[], Run] | None = None,
        fall_back: Branch | None = None,
    ) -> None:
        """Have the player take up a branch, made or changed in its thread."""

        def build() -> Run:
            if branch.run is None:
                try:
                    run = (make or (lambda: branch.begin(self.subject, self.device)))()
                except Exception as error:
                    if fall_back is None or fall_back.run is None:
                        raise
                    return self._fall_back(branch, fall_back, error)
                branch.run = run
                self._start_recording(branch, run)
                if branch.instead_of is not None:
                    self._forget(branch.instead_of)
                    branch.instead_of = None  # or each run would keep all before it in memory
            if change is not None:
                change(branch.run)
                branch.cut(branch.run.state.step)
            return branch.run

        self.player.load(build)

    def _fall_back(self, failed: Branch, good: Branch, error: Exception) -> Run:
        with self._lock:
            self._forget(failed)
            self._adopt(good)
            self.notice = error if isinstance(error, UserError) else UserError(str(error))
        assert good.run is not None
        return good.run

    def _check_memory(self, config: SamplerConfig) -> None:
        need = config.samples * len(self.subject.sequence) * config.steps * STATE_BYTES
        free = available_bytes("cpu")
        if need > free / 2:
            raise SettingsError(
                f"{config.samples} conformers over {config.steps} steps take about "
                f"{need / 2**30:.1f} GB to keep, and {free / 2**30:.1f} GB are free: take at most "
                f"{max(1, int(config.samples * free / 2 / need))} at once, or fewer steps."
            )

    def _start_recording(self, branch: Branch, run: Run) -> None:
        if self.folder is None:
            return
        self._named += 1
        about = {"protein": self.subject.name, "branch": branch.name, "parent": branch.parent}
        try:
            folder = self.folder / f"{self._named:02d}-{branch.name}"
            branch.recorder = Recorder(folder, run, about, branch.start)
        except RecordingError as error:
            self._not_saved(branch, error)

    def _seen(self, branch: Branch) -> None:
        """In the observer's thread after new frames."""
        if branch.last is not None:
            self.energies.offer(branch, branch.last)
        self._tell()

    def _calm(self) -> None:
        """In the observer's thread a while after the last look: OpenMM may have the time."""
        if self.player.status is not Status.RUNNING:
            self.energies.hold(False)

    def _not_saved(self, _: Branch, error: RecordingError) -> None:
        self.notice = error
        self._tell()

    def _moved(self, player: Player) -> None:
        """In the player's thread after every change."""
        running = player.status is Status.RUNNING
        hurried = running and player.speed is None
        if running:
            self.energies.hold(hurried and not enough_for_all())
        branch, state = self.current, player.state
        if branch.run is player.run and state is not None and state is not self._last:
            self._last = state
            self._observer.put(branch, state)
        if not hurried:
            self._observer.look(fill=True)
        elif self._observer.rested > LONGEST_REST or any(ready() for ready in self._ready):
            self._observer.look(fill=False)
        if player.status is not self._told:
            self._told = player.status
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def new_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(2**31)


def _stamp(subject: Subject) -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{subject.name}-{secrets.token_hex(2)}"
