"""Backpressure: at most one update on its way to the browser, and then the newest."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextvars import Context
from functools import cache

TIMEOUT = 3.0
"""Minimum time (s) to wait for an answer."""
MAX_TIMEOUT = 15.0
"""Maximum time (s) to wait for an answer."""
TIMEOUT_ROUND_TRIPS = 5.0
"""Timeout as a multiple of the slowest recent answer."""
MAX_PAUSE = 1.0
"""Maximum time (s) from one update to the next that the share of the time can require."""


@cache
def _timer_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="confdiff-timers", daemon=True).start()
    return loop


def _call_later(seconds: float, callback: Callable[[], None]) -> None:
    """Call back from one thread for all timers: threads that come and go leave memory behind.

    The callback does not run in the caller's context, in which ipykernel would send its messages
    as answers to the message that is being handled.
    """
    loop = _timer_loop()
    loop.call_soon_threadsafe(loop.call_later, seconds, callback, context=Context())


class Backpressure:
    """Sends one update at a time; the package docstring explains the rules.

    Parameters
    ----------
    publish : callable
        Called with the number of an update, from any thread, one call at a time. Numbers start at
        1.
    min_interval : float
        Minimum time (s) between two updates.
    share : float
        Maximum fraction of the time that updates are in flight, above 0 and up to 1.
    clock : callable
        Monotonic time (s).
    call_later : callable
        ``call_later(seconds, callback)`` calls back from another thread.

    Attributes
    ----------
    sent, acknowledged : int
        Numbers of the last update that was sent, and of the last that was painted.
    """

    def __init__(
        self,
        publish: Callable[[int], None],
        min_interval: float = 0.0,
        share: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        call_later: Callable[[float, Callable[[], None]], None] = _call_later,
    ) -> None:
        self._publish = publish
        self._min_interval = min_interval
        self._share = share
        self._clock = clock
        self._call_later = call_later
        self._lock = threading.RLock()
        self._pending = False
        self._immediate = False
        self._timer_at = math.inf
        self._sent_at = 0.0
        self._timeout = TIMEOUT
        self._slowest = 0.0
        self._round_trip = 0.0
        self.sent = 0
        self.acknowledged = 0

    @property
    def in_flight(self) -> int:
        """Number of updates sent and not painted: 0 or 1, more only while no answers come."""
        return self.sent - self.acknowledged

    @property
    def ready(self) -> bool:
        """Whether a change would be sent at once, or an answer is overdue."""
        if self.in_flight:
            return self._time_to_timeout() <= 0
        return self._pause() <= 0

    @property
    def busy_for(self) -> float:
        """Time (s) until the answer is overdue; 0 if none is expected."""
        return max(self._time_to_timeout(), 0.0) if self.in_flight else 0.0

    def changed(self, *, immediate: bool = False) -> None:
        """Note that there is something new. Any thread; returns at once.

        Parameters
        ----------
        immediate : bool
            Send it without a pause, because nothing else needs the time.
        """
        with self._lock:
            self._pending = True
            self._immediate = self._immediate or immediate
            if not self.in_flight:
                self._send_when_due()
            else:
                self._set_timer(self._time_to_timeout())

    def painted(self, number: int) -> None:
        """Note that the browser has painted an update. Any thread."""
        with self._lock:
            if self.acknowledged < number == self.sent:
                self._round_trip = self._clock() - self._sent_at
                self._slowest = max(self._round_trip, 0.9 * self._slowest)
            self.acknowledged = max(self.acknowledged, min(number, self.sent))
            self._timeout = min(max(TIMEOUT, TIMEOUT_ROUND_TRIPS * self._slowest), MAX_TIMEOUT)
            if self._pending and not self.in_flight:
                self._send_when_due()

    def _on_timer(self) -> None:
        with self._lock:
            self._timer_at = math.inf
            if not self._pending:
                return
            if self.in_flight and self._time_to_timeout() <= 0:
                self._timeout = min(2 * self._timeout, MAX_TIMEOUT)
                self._send()
            else:
                self.changed()

    def _time_to_timeout(self) -> float:
        return self._sent_at + self._timeout - self._clock()

    def _pause(self) -> float:
        """Return the time (s) until the next update may be sent."""
        if self._immediate:
            return 0.0
        pause = max(self._min_interval, min(self._round_trip / self._share, MAX_PAUSE))
        return self._sent_at + pause - self._clock() if self.sent else 0.0

    def _send_when_due(self) -> None:
        pause = self._pause()
        if pause > 0:
            self._set_timer(pause)
        else:
            self._send()

    def _set_timer(self, seconds: float) -> None:
        seconds = max(seconds, 0.0)
        if self._clock() + seconds < self._timer_at:
            self._timer_at = self._clock() + seconds
            self._call_later(seconds, self._on_timer)

    def _send(self) -> None:
        self._pending = self._immediate = False
        self.sent += 1
        self._sent_at = self._clock()
        self._publish(self.sent)
