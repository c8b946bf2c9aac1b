"""A run in a worker thread, with the controls of a film projector.

Commands only set plain state under a lock, so they may come from any thread and never wait for
the sampler; the sampler never waits for whoever watches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import Enum

from ..guidance.schedule import Strength, make_strength
from ..sampling import Run, State
from .threads import cores, use_cores


class Status(Enum):
    """What a player is doing."""

    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


MOVABLE = (Status.READY, Status.RUNNING, Status.PAUSED)
"""In which a run can make steps."""


def _resting(run: Run) -> Status:
    if run.finished:
        return Status.FINISHED
    return Status.PAUSED if run.state.step else Status.READY


Watcher = Callable[["Player"], None]
"""Called in the thread that made the change, which may be any, and two may call at once; must be
quick and must not raise."""


class Player:
    """Plays a run.

    Attributes
    ----------
    run : Run or None
        The run that is played, None while one is built; only the worker thread moves it.
    status : Status
    speed : float or None
        Most steps a second; None: no limit.
    error : Exception or None
        Why the status is ``FAILED``.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.status = Status.EMPTY
        self.error: Exception | None = None
        self.steps_per_second = 0.0
        self.speed: float | None = None
        self._ended: float | None = None
        self._watchers: list[Watcher] = []
        self._wake = threading.Condition()
        self._make: Callable[[], Run] | None = None
        self._knobs: dict[str, Strength] = {}
        self._steps_wanted = 0
        self._playing = False
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-player", daemon=True)
        self._thread.start()

    @property
    def state(self) -> State | None:
        """The run's present state."""
        return None if self.run is None else self.run.state

    def watch(self, watcher: Watcher) -> None:
        """Call ``watcher(player)`` after every change."""
        self._watchers.append(watcher)

    def load(self, make: Callable[[], Run]) -> None:
        """Build another run in the worker thread and have it ready; drops the present one."""
        with self._wake:
            self._make, self._knobs = make, {}
            self.run = None
            self._playing, self._steps_wanted = False, 0
            self.error = None
            self._set_locked(Status.LOADING)
        self._tell()

    def play(self) -> None:
        """Run to the end, or until paused; a run that is being built begins once it is there."""
        with self._wake:
            self._playing = True
            self._wake.notify()

    def pause(self) -> None:
        """Pause after the step in progress."""
        with self._wake:
            self._playing, self._steps_wanted = False, 0
            self._wake.notify()

    def step(self) -> None:
        """Make one step and pause."""
        with self._wake:
            self._playing = False
            self._steps_wanted += 1
            self._wake.notify()

    def stop(self) -> None:
        """End the run where it is; what it has made stays."""
        with self._wake:
            self._playing, self._steps_wanted = False, 0
            if self.status in MOVABLE:
                self._set_locked(Status.STOPPED)
        self._tell()

    def turn(self, **knobs: Strength) -> None:
        """Set γ or η (``gamma=``, ``eta=``) of the next step.

        Raises
        ------
        SettingsError
            For a value that the run cannot take; the knob stays where it was.
        """
        with self._wake:
            for knob, value in knobs.items():
                if self.run is None:
                    make_strength(value, knob)
                else:
                    getattr(self.run.guided, f"check_{knob}")(value)
            self._knobs.update(knobs)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Slow the run down to so many steps a second; None runs as fast as it can."""
        with self._wake:
            self.speed = steps_per_second
            self._wake.notify()

    def close(self) -> None:
        """End the worker thread after the step in progress."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def wait(self, *statuses: Status, timeout: float = 60) -> bool:
        """Wait until the status is one of ``statuses``; whether it came to that in time."""
        with self._wake:
            return self._wake.wait_for(lambda: self.status in statuses, timeout)

    def _work(self) -> None:
        use_cores(cores() - 1)
        while True:
            with self._wake:
                self._wake.wait_for(self._has_work)
                if self._closed:
                    return
                make, self._make = self._make, None
            if make is not None:
                self._build(make)
            else:
                self._advance()

    def _has_work(self) -> bool:
        if self._closed or self._make is not None:
            return True
        if self.status is Status.RUNNING and not self._wanted:
            return True
        return self.status in MOVABLE and self._wanted

    @property
    def _wanted(self) -> bool:
        """Whether a step is."""
        return self._playing or self._steps_wanted > 0

    def _build(self, make: Callable[[], Run]) -> None:
        try:
            run = make()
            with self._wake:
                if self._make is not None:  # another load came meanwhile
                    return
                self._apply_knobs(run)
                self.run, self.steps_per_second, self._ended = run, 0.0, None
                self._set_locked(_resting(run))
        except Exception as error:
            self._fail(error)
            return
        self._tell()

    def _advance(self) -> None:
        began = time.monotonic()
        with self._wake:
            run = self.run
            if run is None or self._make is not None or self.status not in MOVABLE:
                return  # stopped, or another load, since it was woken
            wanted = self._wanted
            if wanted:
                self._apply_knobs(run)
                self._steps_wanted = max(0, self._steps_wanted - 1)
            self._set_locked(Status.RUNNING if wanted else Status.PAUSED)
        if wanted:
            self._make_step(run, began)
        else:
            self._tell()

    def _make_step(self, run: Run, began: float) -> None:
        try:
            run.step()
            run.check()
        except Exception as error:
            self._fail(error)
            return
        ended = time.monotonic()
        duration = max(ended - began, 1e-6)
        with self._wake:
            if self._make is not None:  # this run is no longer on the player
                return
            self._measure(ended, duration)
            if run.finished:
                self._playing, self._steps_wanted = False, 0
                self._set_locked(Status.FINISHED)
            elif not self._wanted and self.status is Status.RUNNING:
                self._set_locked(Status.PAUSED)
        self._tell()
        with self._wake:
            pause = (1 / self.speed if self.speed else 0.0) - duration
            if pause > 0 and self._playing:
                self._wake.wait(pause)

    def _apply_knobs(self, run: Run) -> None:
        """Set what was turned since the last step; with the lock."""
        for knob, value in self._knobs.items():
            setattr(run, knob, value)
        self._knobs = {}

    def _measure(self, ended: float, duration: float) -> None:
        """Pace of a run that plays on, pauses between its steps included."""
        pace = 1 / duration if self._ended is None else 1 / max(ended - self._ended, duration)
        before = self.steps_per_second or pace
        self.steps_per_second = 0.8 * before + 0.2 * pace
        self._ended = ended if self._playing else None

    def _fail(self, error: Exception) -> None:
        with self._wake:
            if self._make is None:  # else it is the error of a run that was dropped
                self._playing, self._steps_wanted = False, 0
                self.error = error
                self._set_locked(Status.FAILED)
        self._tell()

    def _set_locked(self, status: Status) -> None:
        self.status = status
        self._wake.notify_all()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher(self)
