"""Play a run in a worker thread: play, pause, step and stop from any thread.

Commands only set plain state under a lock, so they never wait for the sampler, and the sampler
never waits for its watchers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import Enum

from ..guidance.schedule import Strength, make_strength
from ..ranges import Range
from ..sampling import Run, State
from .threads import available_cores, limit_openmp_threads


class Status(Enum):
    """Status of a player."""

    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


STEPPABLE = (Status.READY, Status.RUNNING, Status.PAUSED)
"""Statuses in which a run can make steps."""

SPEED_RANGE = Range(0.01, 1000, unit="steps per second")

SMOOTHING = 0.2
"""Weight of the newest step in the mean number of steps per second."""

Watcher = Callable[["Player"], None]
"""Called in the thread that made the change. Two threads may call at once. Must return quickly and
must not raise."""


class Player:
    """Plays a run.

    Attributes
    ----------
    run : Run or None
        The run that is played, None while it is created. Only the worker thread steps it.
    status : Status
    speed : float or None
        Maximum number of steps per second; None for no limit.
    steps_per_second : float
        Measured speed; 0 before the first step.
    error : Exception or None
        Why the status is ``FAILED``.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.status = Status.EMPTY
        self.error: Exception | None = None
        self.steps_per_second = 0.0
        self.speed: float | None = None
        self._last_end: float | None = None
        self._watchers: list[Watcher] = []
        self._wake = threading.Condition()
        self._make_run: Callable[[], Run] | None = None
        self._changed_parameters: dict[str, Strength] = {}
        self._steps_requested = 0
        self._playing = False
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-player", daemon=True)
        self._thread.start()

    @property
    def state(self) -> State | None:
        """Present state of the run."""
        return None if self.run is None else self.run.state

    def watch(self, watcher: Watcher) -> None:
        """Call ``watcher(player)`` after every change."""
        self._watchers.append(watcher)

    def load(self, make_run: Callable[[], Run]) -> None:
        """Drop the present run and create another one in the worker thread."""
        with self._wake:
            self._make_run, self._changed_parameters = make_run, {}
            self.run = None
            self._playing, self._steps_requested = False, 0
            self.error = None
            self._set_status(Status.LOADING)
        self._notify()

    def play(self) -> None:
        """Run until the end or a pause; a run that is being created starts once it exists."""
        with self._wake:
            self._playing = True
            self._wake.notify()

    def pause(self) -> None:
        """Pause after the step in progress."""
        with self._wake:
            self._playing, self._steps_requested = False, 0
            self._wake.notify()

    def step(self) -> None:
        """Make one step and pause."""
        with self._wake:
            self._playing = False
            self._steps_requested += 1
            self._wake.notify()

    def stop(self) -> None:
        """End the run at its present step, and keep its steps."""
        with self._wake:
            self._playing, self._steps_requested = False, 0
            if self.status in STEPPABLE:
                self._set_status(Status.STOPPED)
        self._notify()

    def set_parameters(self, *, gamma: Strength | None = None, eta: Strength | None = None) -> None:
        """Set γ or η of the next step; None leaves it as it is.

        Raises
        ------
        SettingsError
            For a value that the run cannot use; nothing changes then.
        """
        given = {name: v for name, v in (("gamma", gamma), ("eta", eta)) if v is not None}
        with self._wake:
            for name, value in given.items():
                if self.run is None:
                    make_strength(value, name)
                else:
                    getattr(self.run.guided, f"check_{name}")(value)
            self._changed_parameters.update(given)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Limit the number of steps per second; None removes the limit.

        Raises
        ------
        SettingsError
            For a speed outside `SPEED_RANGE`.
        """
        speed = None if steps_per_second is None else SPEED_RANGE.check(steps_per_second, "speed")
        with self._wake:
            self.speed = speed
            self._wake.notify()

    def close(self) -> None:
        """End the worker thread after the step in progress."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def wait(self, *statuses: Status, timeout: float = 60) -> bool:
        """Wait for one of the statuses; return False after ``timeout`` seconds."""
        with self._wake:
            return self._wake.wait_for(lambda: self.status in statuses, timeout)

    def _work(self) -> None:
        limit_openmp_threads(available_cores() - 1)
        while True:
            with self._wake:
                self._wake.wait_for(self._has_work)
                if self._closed:
                    return
                make_run, self._make_run = self._make_run, None
            if make_run is not None:
                self._create(make_run)
            else:
                self._advance()

    def _has_work(self) -> bool:
        if self._closed or self._make_run is not None:
            return True
        if self.status is Status.RUNNING and not self._step_requested:
            return True
        return self.status in STEPPABLE and self._step_requested

    @property
    def _step_requested(self) -> bool:
        return self._playing or self._steps_requested > 0

    def _create(self, make_run: Callable[[], Run]) -> None:
        try:
            run = make_run()
            with self._wake:
                if self._make_run is not None:  # another run was requested meanwhile
                    return
                self._apply_parameters(run)
                self.run, self.steps_per_second, self._last_end = run, 0.0, None
                self._set_status(_status_of(run))
        except Exception as error:
            self._fail(error)
            return
        self._notify()

    def _advance(self) -> None:
        started = time.monotonic()
        with self._wake:
            run = self.run
            if run is None or self._make_run is not None or self.status not in STEPPABLE:
                return  # it was stopped, or another run was requested, since the thread woke up
            requested = self._step_requested
            if requested:
                self._apply_parameters(run)
                self._steps_requested = max(0, self._steps_requested - 1)
            self._set_status(Status.RUNNING if requested else Status.PAUSED)
        if requested:
            self._make_step(run, started)
        else:
            self._notify()

    def _make_step(self, run: Run, started: float) -> None:
        try:
            run.step()
            run.check()
        except Exception as error:
            self._fail(error)
            return
        ended = time.monotonic()
        duration = max(ended - started, 1e-6)
        with self._wake:
            if self._make_run is not None:  # this run has been dropped
                return
            self._measure_speed(ended, duration)
            if run.finished:
                self._playing, self._steps_requested = False, 0
                self._set_status(Status.FINISHED)
            elif not self._step_requested and self.status is Status.RUNNING:
                self._set_status(Status.PAUSED)
        self._notify()
        with self._wake:
            pause = (1 / self.speed if self.speed else 0.0) - duration
            if pause > 0 and self._playing:
                self._wake.wait(pause)

    def _apply_parameters(self, run: Run) -> None:
        """Set the parameters that changed since the last step; needs the lock."""
        for name, value in self._changed_parameters.items():
            setattr(run, name, value)
        self._changed_parameters = {}

    def _measure_speed(self, ended: float, duration: float) -> None:
        """Update the mean speed. During playback, it includes the time between steps."""
        interval = duration if self._last_end is None else max(ended - self._last_end, duration)
        speed = 1 / interval
        before = self.steps_per_second or speed
        self.steps_per_second = (1 - SMOOTHING) * before + SMOOTHING * speed
        self._last_end = ended if self._playing else None

    def _fail(self, error: Exception) -> None:
        with self._wake:
            if self._make_run is None:  # otherwise the error is that of a dropped run
                self._playing, self._steps_requested = False, 0
                self.error = error
                self._set_status(Status.FAILED)
        self._notify()

    def _set_status(self, status: Status) -> None:
        """Set the status; needs the lock."""
        self.status = status
        self._wake.notify_all()

    def _notify(self) -> None:
        for watcher in self._watchers:
            watcher(self)


def _status_of(run: Run) -> Status:
    if run.finished:
        return Status.FINISHED
    return Status.PAUSED if run.state.step else Status.READY
