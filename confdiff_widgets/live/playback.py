"""The branch on the player: observe its run, compute energies, and notify listeners."""

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
from .observer import Observer
from .player import Player, Status
from .recorder import Recorder
from .threads import has_spare_cores, return_freed_memory

log = logging.getLogger(__name__)

MAX_INTERVAL = 1.0
"""Seconds after which a run at full speed is measured even if no listener is ready."""

MAX_EXTENT = 1000.0
"""Å from the centre of a conformer beyond which it counts as diverged."""


class Playback:
    """The player, the observer of its run, and the OpenMM energies.

    Parameters
    ----------
    system : System
    on_notice : callable
        Called, in any thread, with an error that does not end the run.

    Attributes
    ----------
    branch : Branch or None
        Branch on the player; its run may not exist yet.
    player : Player
    energies : Energies
    """

    def __init__(self, system: System, on_notice: Callable[[UserError], None]):
        self.branch: Branch | None = None
        self._on_notice = on_notice
        self._listeners: list[Callable[[], None]] = []
        self._ready: list[Callable[[], bool]] = []
        self._reported_status: Status | None = None
        self._order = threading.Lock()  # of what is passed to the observer
        self._checked: Frame | None = None
        self.player = Player()
        self.energies = Energies(system.sequence, self.notify)
        self._observer = Observer(system, self._on_frames, on_notice, self._on_idle)
        self.player.watch(self._on_change)

    @property
    def failure(self) -> str:
        """Why the run failed, what is left of it and what to do; empty if it did not fail."""
        error, branch = self.player.error, self.branch
        if self.player.status is not Status.FAILED or error is None or branch is None:
            return ""
        if isinstance(error, UserError):
            return str(error)
        kept = "The run made no steps."
        if branch.last is not None and branch.last.step:
            where = f" and saved in {branch.folder}" if branch.folder else ""
            kept = f"The run up to step {branch.last.step} is kept{where}."
        return (
            f"{type(error).__name__}: {error}. {kept} Restart the run with another seed or other "
            "settings. If the error returns, choose the device cpu and report the error."
        )

    def load(self, branch: Branch, make_run: Callable[[], Run]) -> None:
        """Put a branch on the player, which creates its run."""
        self.branch = branch
        self.player.load(make_run)

    def detach_recorder(self, branch: Branch) -> None:
        """Remove the recorder of a discarded branch; close it once it has the queued states."""
        with self._order:
            recorder, branch.recorder = branch.recorder, None
        self.close_recorder(branch, recorder)

    def close_recorder(self, branch: Branch, recorder: Recorder | None) -> None:
        """Close a former recorder of a branch, if any, once it has the queued states."""
        if recorder is not None:
            with self._order:  # a state that is being queued comes first
                self._observer.close_recorder(branch, recorder)

    def listen(self, listener: Callable[[], None], ready: Callable[[], bool]) -> None:
        """Call ``listener`` after every change, in the thread that made it; it must be quick.

        At full speed, a step is measured only if a listener is ``ready``, because measuring slows
        the sampler down. Skipped steps are measured afterwards.
        """
        self._listeners.append(listener)
        self._ready.append(ready)

    def notify(self) -> None:
        """Call all listeners. Any thread may call."""
        for listener in self._listeners:
            try:
                listener()
            except Exception:  # it would end the calling thread
                log.exception("A listener failed")

    def close(self) -> None:
        """End the threads."""
        self.player.close()
        self._observer.close()
        self.energies.close()

    def _on_change(self, player: Player) -> None:
        """Run in the thread that changed the player; two changes may arrive at once."""
        running = player.status is Status.RUNNING
        full_speed = running and player.speed is None
        if running:
            self.energies.scarce = full_speed and not has_spare_cores()
        with self._order:  # otherwise an older state could be queued after a newer one
            branch, run = self.branch, player.run
            if branch is None:
                return
            if run is not None and branch.run is run and run.state is not branch.queued_state:
                branch.queued_state = run.state
                self._observer.enqueue(branch, branch.queued_state)
        if not full_speed:
            self._observer.update(branch, backfill=True)
        elif self._observer.seconds_since_update > MAX_INTERVAL or any(
            ready() for ready in self._ready
        ):
            self._observer.update(branch, backfill=False)
        with self._order:
            status = player.status
            changed, self._reported_status = status is not self._reported_status, status
        if changed:
            self.notify()

    def _on_frames(self, branch: Branch) -> None:
        """Run in the observer's thread after new frames."""
        frame = branch.last
        if frame is not None:
            if frame.t == 0 and frame is not self._checked:
                self._checked = frame
                self._check_result(frame)
            self.energies.offer(branch, frame)
        self.notify()

    def _check_result(self, frame: Frame) -> None:
        """Report a result in which conformers have diverged."""
        extent = frame.extent
        if extent is None or not (extent > MAX_EXTENT).any():
            return
        strengths = f"γ = {frame.gamma:g}" + (f", η = {frame.eta:g}" if frame.eta else "")
        self._on_notice(
            UserError(
                f"{int((extent > MAX_EXTENT).sum())} of {len(extent)} conformers diverged: their "
                f"CA atoms are up to {np.max(extent):.2g} Å from the centre. The guidance was too "
                f"strong ({strengths}): lower it, or branch from a step at which they were intact."
            )
        )

    def _on_idle(self) -> None:
        """Run in the observer's thread a while after the last update."""
        if self.player.status is not Status.RUNNING:
            self.energies.scarce = False
            return_freed_memory()
