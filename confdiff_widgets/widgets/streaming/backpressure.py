"""Backpressure between Python and a browser."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextvars import Context
from functools import cache

PATIENCE = 3.0
LONGEST_PATIENCE = 15.0
ROUND_TRIPS = 5.0
LONGEST_REST = 1.0


@cache
def _clockwork() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="confdiff-alarms", daemon=True).start()
    return loop


def _later(seconds: float, call: Callable[[], None]) -> None:
    """In one thread for all: the memory of many that come and go is not given back.

    Not in the caller's context, which would make its messages answers to a person's.
    """
    loop = _clockwork()
    loop.call_soon_threadsafe(loop.call_later, seconds, call, context=Context())


class Backpressure:
    """Lets one picture at a time on its way to the browser; the next waits until it is painted.

    Nothing is queued: while a picture is under way, `changed` only notes that there is something
    newer, and the picture sent next shows the state of that later moment. `changed` never waits.

    A picture may take the browser all the time that the sampler would need, most of all without a
    GPU. So pictures are under way for a ``share`` of the time at most: one that took long is
    followed by a longer rest, and the next one shows what is new at its end.

    Where no answer comes (no view, a hidden tab, a lost connection, a kernel that handles no
    messages while a cell runs), the next picture goes after five times the slowest recent answer,
    `PATIENCE` at least, the one after that after twice as long, and so on to `LONGEST_PATIENCE`.
    An answer resets this.

    Parameters
    ----------
    publish : callable
        Called with the picture's number, from any thread, one call at a time. Numbers start at 1.
    period : float
        Seconds between two pictures at least.
    share : float
        Of the time, above 0 and up to 1.
    clock : callable
        Seconds, monotonic.
    later : callable
        ``later(seconds, call)`` makes a call from another thread.

    Attributes
    ----------
    sent, acknowledged : int
        Numbers of the last picture sent, and of the last painted.
    """

    def __init__(
        self,
        publish: Callable[[int], None],
        period: float = 0.0,
        share: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] = _later,
    ) -> None:
        self._publish = publish
        self._period = period
        self._share = share
        self._clock = clock
        self._later = later
        self._lock = threading.RLock()
        self._waiting = False
        self._hurried = False
        self._alarm_at = math.inf
        self._sent_at = 0.0
        self._patience = PATIENCE
        self._slowest = 0.0
        self._round_trip = 0.0
        self.sent = 0
        self.acknowledged = 0

    @property
    def under_way(self) -> int:
        """Pictures sent and not painted: 0 or 1, more only where no answers come."""
        return self.sent - self.acknowledged

    @property
    def open(self) -> bool:
        """Whether what is new would be sent at once, or answers are overdue."""
        if self.under_way:
            return self._overdue_in() <= 0
        return self._rest() <= 0

    @property
    def busy_for(self) -> float:
        """Seconds in which the answer is not overdue; 0 where none is awaited."""
        return max(self._overdue_in(), 0.0) if self.under_way else 0.0

    def changed(self, *, hurry: bool = False) -> None:
        """There is something new to see. Any thread.

        With ``hurry`` it goes without a rest: nobody else needs the time.
        """
        with self._lock:
            self._waiting = True
            self._hurried = self._hurried or hurry
            if not self.under_way:
                self._send_in_time()
            else:
                self._set_alarm(self._overdue_in())

    def painted(self, number: int) -> None:
        """The browser has painted this picture. Any thread."""
        with self._lock:
            if self.acknowledged < number == self.sent:
                self._round_trip = self._clock() - self._sent_at
                self._slowest = max(self._round_trip, 0.9 * self._slowest)
            self.acknowledged = max(self.acknowledged, min(number, self.sent))
            self._patience = min(max(PATIENCE, ROUND_TRIPS * self._slowest), LONGEST_PATIENCE)
            if self._waiting and not self.under_way:
                self._send_in_time()

    def _alarm(self) -> None:
        with self._lock:
            self._alarm_at = math.inf
            if not self._waiting:
                return
            if self.under_way and self._overdue_in() <= 0:
                self._patience = min(2 * self._patience, LONGEST_PATIENCE)
                self._send()
            else:
                self.changed()

    def _overdue_in(self) -> float:
        return self._sent_at + self._patience - self._clock()

    def _rest(self) -> float:
        """Seconds until the next picture may go."""
        if self._hurried:
            return 0.0
        pause = max(self._period, min(self._round_trip / self._share, LONGEST_REST))
        return self._sent_at + pause - self._clock() if self.sent else 0.0

    def _send_in_time(self) -> None:
        rest = self._rest()
        if rest > 0:
            self._set_alarm(rest)
        else:
            self._send()

    def _set_alarm(self, seconds: float) -> None:
        seconds = max(seconds, 0.0)
        if self._clock() + seconds < self._alarm_at:
            self._alarm_at = self._clock() + seconds
            self._later(seconds, self._alarm)

    def _send(self) -> None:
        self._waiting = self._hurried = False
        self.sent += 1
        self._sent_at = self._clock()
        self._publish(self.sent)
