"""Observe a run without slowing it down: record every step, measure the newest one first."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakSet

from ..errors import UserError
from ..files.writing import OutputError
from ..proteins.system import System
from ..sampling import State
from .branch import Branch
from .frame import frame_of_state
from .recorder import Recorder
from .step_values import values_of_states
from .threads import limit_openmp_threads

log = logging.getLogger(__name__)

IDLE_DELAY = 0.3
"""Seconds after an update before skipped steps are measured; the display needs them first."""

BACKFILL_INTERVAL = 0.3
"""Seconds between two notifications while skipped steps are measured."""

QueueItem = tuple[Branch, State | None, Recorder | None]
"""A state and its recorder; without a state, the recorder is to be closed."""


class Observer:
    """A thread that turns states into frames.

    Parameters
    ----------
    system : System
    on_frames : callable
        Called in the thread with the branch after new frames.
    on_error : callable
        Called in the thread with an error in recording (once for each branch) or measuring.
    on_idle : callable
        Called in the thread when nothing new has arrived for a while after an update.
    """

    def __init__(
        self,
        system: System,
        on_frames: Callable[[Branch], None],
        on_error: Callable[[UserError], None],
        on_idle: Callable[[], None],
    ):
        self.system = system
        self._on_frames, self._on_error, self._on_idle = on_frames, on_error, on_idle
        self._queue: deque[QueueItem] = deque()
        self._branch: Branch | None = None
        self._unmeasurable: WeakSet[State] = WeakSet()
        self._requested = False
        self._may_backfill = False
        self._last_update = 0.0
        self._failing: Recorder | None = None  # it cannot write at present, and tries again
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-observer", daemon=True)
        self._thread.start()

    def enqueue(self, branch: Branch, state: State) -> None:
        """Queue a new state for the next update. Any thread may call."""
        self._queue.append((branch, state, branch.recorder))

    def close_recorder(self, branch: Branch, recorder: Recorder) -> None:
        """Close a recorder after the states that are queued. Any thread; returns at once."""
        with self._wake:
            self._queue.append((branch, None, recorder))
            self._requested = True
            self._wake.notify()

    @property
    def seconds_since_update(self) -> float:
        """Seconds since the last update."""
        return time.monotonic() - self._last_update

    def update(self, branch: Branch, *, backfill: bool) -> None:
        """Record all queued states and measure the newest. Any thread; returns at once.

        With ``backfill``, measure the skipped states of the branch afterwards.
        """
        with self._wake:
            self._branch, self._requested, self._may_backfill = branch, True, backfill
            self._wake.notify()

    def close(self) -> None:
        """Process the queue and end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        limit_openmp_threads(1)
        while True:
            with self._wake:
                self._wake.wait_for(self._has_work)
                self._requested = False
                closed = self._closed
            items = [self._queue.popleft() for _ in range(len(self._queue))]
            if closed and not items:
                return
            try:
                self._process(items)
            except Exception as error:
                self._on_error(_unexpected("New frames could not be reported", error))
            del items  # it would keep a run in memory until the next update

    def _has_work(self) -> bool:
        return self._requested or self._closed or self._next_skipped(self._branch) is not None

    def _process(self, items: list[QueueItem]) -> None:
        if items:
            self._record_and_measure(items)
            with self._wake:
                if self._wake.wait_for(lambda: self._requested or self._closed, IDLE_DELAY):
                    return
        elif self._branch is not None:
            self._backfill(self._branch)
        self._on_idle()

    def _record_and_measure(self, items: list[QueueItem]) -> None:
        newest: tuple[Branch, State] | None = None
        arrived: dict[Branch, dict[int, State]] = {}
        for branch, state, recorder in items:
            if state is None:
                if recorder is not None:
                    recorder.close()
                if newest is not None and newest[0] is branch:
                    newest = None  # the branch is no longer shown
                continue
            branch.truncate(state.step - 1)
            steps = arrived.setdefault(branch, {})
            for later in [step for step in steps if step >= state.step]:
                del steps[later]
            if state.evaluation is not None:
                steps[state.step] = state
            if state.evaluation is not None and recorder is not None:
                self._record(branch, state, recorder)
            newest = branch, state
        if newest is not None:
            self._last_update = time.monotonic()
            for branch, steps in arrived.items():
                self._add_values(branch, list(steps.values()))
            self._measure(*newest)
            self._on_frames(newest[0])

    def _record(self, branch: Branch, state: State, recorder: Recorder) -> None:
        try:
            recorder.add(state)
            self._failing = None
        except OutputError as error:
            if recorder is not self._failing:  # report it once
                self._failing = recorder
                self._on_error(error)
        except Exception as error:
            recorder.close()  # so that later steps do not report the same error
            if branch.recorder is recorder:
                branch.recorder = None
            if not isinstance(error, UserError):
                error = _unexpected(f"Step {state.step} was not saved", error)
            self._on_error(error)

    def _measure(self, branch: Branch, state: State) -> None:
        try:
            branch.frames[state.step] = frame_of_state(state, self.system)
        except Exception as error:
            self._unmeasurable.add(state)
            self._on_error(_unexpected(f"Step {state.step} could not be measured", error))

    def _add_values(self, branch: Branch, states: list[State]) -> None:
        """Add the values of states."""
        try:
            found = values_of_states(states, self.system)
        except Exception as error:
            self._on_error(_unexpected(f"Step {states[0].step} could not be measured", error))
            return
        branch.values.update(zip([state.step for state in states], found, strict=True))

    def _next_skipped(self, branch: Branch | None) -> State | None:
        """Return the latest skipped state that may be measured now."""
        if branch is None or branch.run is None or not self._may_backfill:
            return None
        return next(
            (
                state
                for state in reversed(branch.run.states)
                if state.step not in branch.frames and state not in self._unmeasurable
            ),
            None,
        )

    def _backfill(self, branch: Branch) -> None:
        """Measure skipped states until an update is requested."""
        notified = time.monotonic()
        while not self._requested and not self._closed:
            state = self._next_skipped(branch)
            if state is None:
                break
            self._measure(branch, state)
            if time.monotonic() - notified > BACKFILL_INTERVAL:
                notified = time.monotonic()
                self._on_frames(branch)
        self._on_frames(branch)


def _unexpected(what: str, error: Exception) -> UserError:
    """Log an unexpected error with its traceback, and return a message for the user."""
    log.error("%s", what, exc_info=error)
    return UserError(
        f"{what}: {type(error).__name__}: {error}. The run continues; please report this error."
    )
