"""Looks at a run without holding it up: records every step, measures the newest first."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakSet

from ..errors import UserError
from ..proteins.system import System
from ..sampling import State
from .branch import Branch
from .frame import observe
from .recorder import Recorder
from .threads import use_cores

log = logging.getLogger(__name__)

CALM = 0.3
"""Seconds after a look in which the screen needs the time more than what was passed over."""


Seen = tuple[Branch, State | None, Recorder | None]
"""A state and who writes it down; no state: the recorder is to be closed."""


class Observer:
    """A thread that turns states into frames.

    Parameters
    ----------
    system : System
    seen : callable
        Called in the thread with the branch after new frames.
    failed : callable
        Called in the thread with what could not be recorded (once a branch) or measured.
    calm : callable
        Called in the thread when nothing new has come for a while after a look.
    """

    def __init__(
        self,
        system: System,
        seen: Callable[[Branch], None],
        failed: Callable[[UserError], None],
        calm: Callable[[], None],
    ):
        self.system = system
        self._seen, self._failed, self._calm = seen, failed, calm
        self._pending: deque[Seen] = deque()
        self._branch: Branch | None = None
        self._unseen: WeakSet[State] = WeakSet()  # states that cannot be measured
        self._due = False
        self._may_fill = False
        self._looked = 0.0
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-observer", daemon=True)
        self._thread.start()

    def put(self, branch: Branch, state: State) -> None:
        """There is a new state, for the next look. Any thread."""
        self._pending.append((branch, state, branch.recorder))

    def finish(self, branch: Branch, recorder: Recorder) -> None:
        """Close a recorder once it has what was put before. Any thread; returns at once."""
        with self._wake:
            self._pending.append((branch, None, recorder))
            self._due = True
            self._wake.notify()

    @property
    def rested(self) -> float:
        """Seconds since the last look."""
        return time.monotonic() - self._looked

    def look(self, branch: Branch, *, fill: bool) -> None:
        """Record what is new, and measure the newest of it. Any thread; returns at once.

        With ``fill``, go on to the states of the branch that were passed over.
        """
        with self._wake:
            self._branch, self._due, self._may_fill = branch, True, fill
            self._wake.notify()

    def close(self) -> None:
        """Finish what is pending and end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        use_cores(1)
        while True:
            with self._wake:
                self._wake.wait_for(
                    lambda: self._due or self._closed or self._gap(self._branch) is not None
                )
                self._due = False
                closed = self._closed
            batch = [self._pending.popleft() for _ in range(len(self._pending))]
            if closed and not batch:
                return
            try:
                self._see(batch)
            except Exception as error:
                self._failed(_surprise("What was seen could not be passed on", error))
            del batch  # or it would keep a run in memory until the next look

    def _see(self, batch: list[Seen]) -> None:
        if batch:
            self._take(batch)
            with self._wake:
                if self._wake.wait_for(lambda: self._due or self._closed, CALM):
                    return
        elif self._branch is not None:
            self._fill(self._branch)
        self._calm()

    def _take(self, batch: list[Seen]) -> None:
        newest: tuple[Branch, State] | None = None
        for branch, state, recorder in batch:
            if state is None:
                if recorder is not None:
                    recorder.close()
                if newest is not None and newest[0] is branch:
                    newest = None  # nobody looks at it any more
                continue
            branch.cut(state.step - 1)
            if state.evaluation is not None and recorder is not None:
                self._record(branch, state, recorder)
            newest = branch, state
        if newest is not None:
            self._looked = time.monotonic()
            self._measure(*newest)
            self._seen(newest[0])

    def _record(self, branch: Branch, state: State, recorder: Recorder) -> None:
        try:
            recorder.add(state)
        except Exception as error:
            recorder.close()  # of the steps that follow it is told no more
            if branch.recorder is recorder:
                branch.recorder = None
            if not isinstance(error, UserError):
                error = _surprise(f"Step {state.step} was not saved", error)
            self._failed(error)

    def _measure(self, branch: Branch, state: State) -> None:
        try:
            branch.frames[state.step] = observe(state, self.system)
        except Exception as error:
            self._unseen.add(state)
            self._failed(_surprise(f"Step {state.step} could not be measured", error))

    def _gap(self, branch: Branch | None) -> State | None:
        """A state that was passed over and may be measured now, the latest first."""
        if branch is None or branch.run is None or not self._may_fill:
            return None
        return next(
            (
                state
                for state in reversed(branch.run.states)
                if state.step not in branch.frames and state not in self._unseen
            ),
            None,
        )

    def _fill(self, branch: Branch) -> None:
        """Measure what was passed over, until something new happens."""
        told = time.monotonic()
        while not self._due and not self._closed:
            state = self._gap(branch)
            if state is None:
                break
            self._measure(branch, state)
            if time.monotonic() - told > 0.3:
                told = time.monotonic()
                self._seen(branch)
        self._seen(branch)


def _surprise(what: str, error: Exception) -> UserError:
    """What to tell of an error that nobody foresaw; its traceback goes to the log."""
    log.error("%s", what, exc_info=error)
    return UserError(f"{what}: {type(error).__name__}: {error}. The run goes on.")
