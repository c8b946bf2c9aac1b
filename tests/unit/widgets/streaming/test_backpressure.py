"""One update at a time, always the newest, and the last one arrives: with a simulated clock."""

import threading

import pytest

from confdiff_widgets.widgets.streaming.backpressure import (
    MAX_PAUSE,
    MAX_TIMEOUT,
    TIMEOUT,
    Backpressure,
)


class Browser:
    """Records the updates; the test advances its clock."""

    def __init__(self, min_interval: float = 0.0, share: float = 1.0) -> None:
        self.now = 0.0
        self.state = 0
        self.updates: list[tuple[int, int]] = []
        self.timers: list[tuple[float, object]] = []
        self.backpressure = Backpressure(
            lambda number: self.updates.append((number, self.state)),
            min_interval,
            share,
            clock=lambda: self.now,
            call_later=lambda seconds, call: self.timers.append((self.now + seconds, call)),
        )

    def change(self) -> None:
        self.state += 1
        self.backpressure.changed()

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer[0] <= end]:
            timer = min(due, key=lambda a: a[0])
            self.timers.remove(timer)
            self.now = max(self.now, timer[0])
            timer[1]()
        self.now = end


@pytest.fixture
def browser() -> Browser:
    return Browser()


def test_the_first_change_is_sent_at_once(browser):
    browser.change()
    assert browser.updates == [(1, 1)]


def test_one_update_in_flight_then_the_newest(browser):
    for _ in range(10):
        browser.change()
    assert browser.updates == [(1, 1)]
    browser.backpressure.painted(1)
    assert browser.updates == [(1, 1), (2, 10)]
    browser.backpressure.painted(2)
    assert len(browser.updates) == 2
    assert browser.backpressure.in_flight == 0


def test_updates_use_their_share_of_the_time():
    browser = Browser(share=0.5)
    in_flight = 0.0
    while browser.now < 10:
        browser.change()
        if browser.backpressure.in_flight:
            browser.pass_time(0.1)
            in_flight += 0.1
            browser.backpressure.painted(browser.backpressure.sent)
        else:
            browser.pass_time(0.01)
    assert in_flight / browser.now == pytest.approx(0.5, abs=0.05)


def test_the_pause_after_a_slow_update_is_limited():
    browser = Browser(share=0.1)
    browser.change()
    browser.pass_time(2.5)
    browser.change()
    browser.backpressure.painted(1)
    assert len(browser.updates) == 2
    browser.backpressure.painted(2)
    browser.change()
    browser.pass_time(MAX_PAUSE)
    assert len(browser.updates) == 3


def test_the_last_change_arrives_although_an_answer_was_lost(browser):
    browser.change()
    browser.change()
    browser.pass_time(TIMEOUT + 0.01)
    assert browser.updates == [(1, 1), (2, 2)]


def test_a_silent_page_gets_few_updates(browser):
    for _ in range(60_000):  # ten minutes at 100 changes a second
        browser.change()
        browser.pass_time(0.01)
    assert len(browser.updates) < 600 / MAX_TIMEOUT + 5
    assert len(browser.timers) <= 1


def answered_after(browser, seconds):
    browser.change()
    browser.pass_time(seconds)
    browser.backpressure.painted(browser.backpressure.sent)


def timeout(browser):
    """Return the time (s) until the next update is sent without an answer."""
    browser.change()
    sent, start = browser.backpressure.sent, browser.now
    while browser.backpressure.sent == sent:
        browser.change()
        browser.pass_time(0.05)
    browser.backpressure.painted(browser.backpressure.sent)
    return browser.now - start


def test_the_timeout_follows_the_speed_of_the_browser(browser):
    answered_after(browser, 0.1)
    assert timeout(browser) == pytest.approx(TIMEOUT, abs=0.06)
    answered_after(browser, 0.9)
    assert timeout(browser) > 4 * 0.9 * 0.9
    for _ in range(40):
        answered_after(browser, 0.01)
    assert timeout(browser) == pytest.approx(TIMEOUT, abs=0.06)


def test_nothing_is_sent_without_a_change(browser):
    browser.change()
    browser.backpressure.painted(1)
    browser.pass_time(3600)
    assert browser.updates == [(1, 1)]
    assert not browser.timers


def test_answers_out_of_order_or_with_unknown_numbers(browser):
    browser.change()
    browser.backpressure.painted(99)  # from a page that was open before the kernel restarted
    browser.backpressure.painted(0)
    assert browser.backpressure.in_flight == 0
    browser.change()
    assert browser.updates[-1] == (2, 2)


def test_busy_until_the_answer_or_the_timeout(browser):
    assert browser.backpressure.busy_for == 0
    browser.change()
    browser.pass_time(1)
    assert browser.backpressure.busy_for == pytest.approx(TIMEOUT - 1)
    browser.pass_time(TIMEOUT)
    assert browser.backpressure.busy_for == 0
    browser.backpressure.painted(1)
    assert browser.backpressure.busy_for == 0


def test_threads_never_have_two_updates_in_flight():
    most = 0
    answers: list[int] = []

    def publish(number: int) -> None:
        nonlocal most
        most = max(most, backpressure.in_flight)
        answers.append(number)

    backpressure = Backpressure(publish)
    stop = threading.Event()

    def answer() -> None:
        while not stop.is_set():
            if answers:
                backpressure.painted(answers.pop())

    def change() -> None:
        for _ in range(300):
            backpressure.changed()

    threads = [threading.Thread(target=change) for _ in range(4)]
    reader = threading.Thread(target=answer)
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    reader.join()
    assert most == 1


def test_updates_keep_the_minimum_interval_and_the_last_one_arrives():
    browser = Browser(min_interval=0.25)
    browser.change()
    browser.pass_time(0.05)
    browser.change()  # sets the timer for a late answer
    browser.backpressure.painted(1)
    assert browser.updates == [(1, 1)], "too early"
    browser.change()
    browser.pass_time(0.25)
    assert browser.updates == [(1, 1), (2, 3)]
    browser.backpressure.painted(2)
    browser.pass_time(1)
    browser.change()
    assert browser.updates[-1] == (3, 4), "at once after a pause"


def test_ready_if_a_change_would_be_sent_at_once():
    browser = Browser(share=0.5)
    assert browser.backpressure.ready
    browser.change()
    assert not browser.backpressure.ready
    browser.pass_time(0.2)
    browser.backpressure.painted(1)
    assert not browser.backpressure.ready  # as long as it was under way
    browser.pass_time(0.21)
    assert browser.backpressure.ready
    browser.change()
    assert browser.updates == [(1, 1), (2, 2)]
    browser.pass_time(TIMEOUT + 1)
    assert browser.backpressure.ready  # no answer: the page may be back


def test_an_immediate_change_skips_the_pause_once():
    browser = Browser(share=0.5)
    browser.change()
    browser.pass_time(0.2)
    browser.backpressure.painted(1)
    browser.backpressure.changed(immediate=True)
    assert browser.backpressure.sent == 2
    browser.pass_time(0.1)
    browser.backpressure.painted(2)
    browser.backpressure.changed()
    assert browser.backpressure.sent == 2
    browser.pass_time(0.11)
    assert browser.backpressure.sent == 3


def test_an_immediate_change_waits_for_the_update_in_flight():
    browser = Browser(share=0.1)
    browser.change()
    browser.backpressure.changed(immediate=True)
    assert browser.backpressure.sent == 1
    browser.pass_time(0.2)
    browser.backpressure.painted(1)
    assert browser.backpressure.sent == 2
