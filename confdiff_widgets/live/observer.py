"""Looks at a run without holding it up: records every step, measures the newest first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from ..sampling import State
from .branch import Branch
from .cores import use_cores
from .frame import observe
from .recording import RecordingError
from .subject import Subject

PERIOD = 0.02
"""Seconds between looks at a run in progress, so that most of the time is the sampler's."""


class Observer:
    """A thread that turns states into frames.

    Parameters
    ----------
    subject : Subject
    seen : callable
        Called in the thread with the branch after new frames.
    failed : callable
        Called in the thread with a branch and an error of its recording, once a branch.
    """

    def __init__(
        self,
        subject: Subject,
        seen: Callable[[Branch], None],
        failed: Callable[[Branch, RecordingError], None],
    ):
        self.subject = subject
        self._seen, self._failed = seen, failed
        self._pending: deque[tuple[Branch, State]] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-observer", daemon=True)
        self._thread.start()

    def put(self, branch: Branch, state: State) -> None:
        """There is a new state. Any thread; returns at once."""
        with self._wake:
            self._pending.append((branch, state))
            self._wake.notify()

    def close(self) -> None:
        """Finish what is pending and end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        use_cores(1)
        branch: Branch | None = None
        while True:
            with self._wake:
                self._wake.wait_for(
                    lambda: self._pending or self._closed or self._gap(branch) is not None  # noqa: B023
                )
                batch = list(self._pending)
                self._pending.clear()
                closed = self._closed
            if batch:
                branch = batch[-1][0]
                self._take(batch)
            elif closed:
                return
            elif branch is not None:
                self._fill(branch)
            with self._wake:
                self._wake.wait_for(lambda: self._closed, PERIOD)

    def _take(self, batch: list[tuple[Branch, State]]) -> None:
        for branch, state in batch:
            branch.cut(state.step - 1)
            if state.evaluation is not None:
                self._record(branch, state)
        branch, state = batch[-1]
        branch.frames[state.step] = observe(state, self.subject)
        self._seen(branch)

    def _record(self, branch: Branch, state: State) -> None:
        if branch.recorder is None:
            return
        try:
            branch.recorder.add(state)
        except RecordingError as error:
            branch.recorder = None
            self._failed(branch, error)

    def _gap(self, branch: Branch | None) -> State | None:
        """A state that was passed over, the latest first."""
        if branch is None or branch.run is None:
            return None
        return next((s for s in reversed(branch.run.states) if s.step not in branch.frames), None)

    def _fill(self, branch: Branch) -> None:
        """Measure what was passed over, until something new happens."""
        told = time.monotonic()
        while not self._pending and not self._closed:
            state = self._gap(branch)
            if state is None:
                break
            branch.frames[state.step] = observe(state, self.subject)
            if time.monotonic() - told > 0.3:
                told = time.monotonic()
                self._seen(branch)
        self._seen(branch)
