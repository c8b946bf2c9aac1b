"""A branch on the player: made in its thread, looked at, and told of to whoever listens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np

from ..errors import UserError
from ..proteins.system import System
from ..sampling import Run
from .branch import Branch
from .energies import Energies
from .frame import Frame
from .freed_memory import give_memory_back
from .observer import Observer
from .player import Player, Status
from .recorder import Recorder
from .threads import enough_for_all

log = logging.getLogger(__name__)

LONGEST_REST = 1.0
"""Seconds after which a run at full speed is looked at even if nobody has time for it."""

FARTHEST = 1000.0
"""Å from the middle of a conformer, beyond which it is told that it is no protein any more."""


class Playback:
    """The player, and what follows its run: the observer and OpenMM.

    Parameters
    ----------
    system : System
    warn : callable
        Gets what went wrong and did not end the run, in any thread.

    Attributes
    ----------
    branch : Branch or None
        On the player; its run may be still being made.
    player : Player
    energies : Energies
    """

    def __init__(self, system: System, warn: Callable[[UserError], None]):
        self.branch: Branch | None = None
        self._warn = warn
        self._listeners: list[Callable[[], None]] = []
        self._ready: list[Callable[[], bool]] = []
        self._told: Status | None = None
        self._moving = threading.Lock()
        self._judged: Frame | None = None
        self.player = Player()
        self.energies = Energies(system.sequence, self.tell)
        self._observer = Observer(system, self._seen, warn, self._calm)
        self.player.watch(self._moved)

    @property
    def failure(self) -> str:
        """Why the run failed, what is left of it and the cure; empty if it did not fail."""
        error, branch = self.player.error, self.branch
        if self.player.status is not Status.FAILED or error is None or branch is None:
            return ""
        if isinstance(error, UserError):
            return str(error)
        kept = "Nothing was made yet."
        if branch.last is not None and branch.last.step:
            where = f" and saved in {branch.folder}" if branch.folder else ""
            kept = f"What it made, up to step {branch.last.step}, is kept{where}."
        return (
            f"{type(error).__name__}: {error}. {kept} Restart it, with another seed or other "
            "settings; if this comes again, take the device cpu, and report it."
        )

    def load(self, branch: Branch, make: Callable[[], Run]) -> None:
        """Have the player make the run of a branch; it stands there until the next is loaded."""
        self.branch = branch
        self.player.load(make)

    def forget(self, branch: Branch) -> None:
        """Close the recorder of a branch that is gone, after what is still to be written."""
        with self._moving:
            recorder, branch.recorder = branch.recorder, None
        if recorder is not None:
            self.finish(branch, recorder)

    def finish(self, branch: Branch, recorder: Recorder) -> None:
        """Close a recorder that a branch had, after what is still to be written."""
        with self._moving:  # what moved until now comes first
            self._observer.finish(branch, recorder)

    def listen(self, listener: Callable[[], None], ready: Callable[[], bool]) -> None:
        """As `Session.listen`."""
        self._listeners.append(listener)
        self._ready.append(ready)

    def tell(self) -> None:
        """Something has changed. Any thread."""
        for listener in self._listeners:
            try:
                listener()
            except Exception:  # or it would end the thread that has the news
                log.exception("A listener failed")

    def close(self) -> None:
        """End the threads."""
        self.player.close()
        self._observer.close()
        self.energies.close()

    def _moved(self, player: Player) -> None:
        """In the thread that made the change, after every one; two may come at once."""
        running = player.status is Status.RUNNING
        hurried = running and player.speed is None
        if running:
            self.energies.hold(hurried and not enough_for_all())
        with self._moving:  # or an older state could be put after a newer one
            branch, run = self.branch, player.run
            if branch is None:
                return
            if run is not None and branch.run is run and run.state is not branch.reached:
                branch.reached = run.state
                self._observer.put(branch, branch.reached)
        if not hurried:
            self._observer.look(branch, fill=True)
        elif self._observer.rested > LONGEST_REST or any(ready() for ready in self._ready):
            self._observer.look(branch, fill=False)
        with self._moving:
            status = player.status
            news, self._told = status is not self._told, status
        if news:
            self.tell()

    def _seen(self, branch: Branch) -> None:
        """In the observer's thread after new frames."""
        frame = branch.last
        if frame is not None:
            if frame.t == 0 and frame is not self._judged:
                self._judged = frame
                self._judge(frame)
            self.energies.offer(branch, frame)
        self.tell()

    def _judge(self, frame: Frame) -> None:
        """Say so if a result is no protein any more."""
        extent = frame.extent
        if extent is None or not (extent > FARTHEST).any():
            return
        knobs = f"γ = {frame.gamma:g}" + (f", η = {frame.eta:g}" if frame.eta else "")
        self._warn(
            UserError(
                f"{int((extent > FARTHEST).sum())} of {len(extent)} conformers are torn apart: "
                f"their CA atoms lie up to {np.max(extent):.2g} Å from the middle. The guidance "
                f"pushed too hard ({knobs}): lower it, or branch where they were whole."
            )
        )

    def _calm(self) -> None:
        """In the observer's thread a while after the last look: OpenMM may have the time."""
        if self.player.status is not Status.RUNNING:
            self.energies.hold(False)
            give_memory_back()
