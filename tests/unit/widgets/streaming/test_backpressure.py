"""One picture at a time, the newest, and none lost: against a scripted clock."""

import threading

import pytest

from confdiff_widgets.widgets.streaming.backpressure import (
    LONGEST_PATIENCE,
    LONGEST_REST,
    PATIENCE,
    Backpressure,
)


class Browser:
    """Records what it is sent; time and alarms are turned by hand."""

    def __init__(self, period: float = 0.0, share: float = 1.0) -> None:
        self.now = 0.0
        self.state = 0
        self.seen: list[tuple[int, int]] = []
        self.alarms: list[tuple[float, object]] = []
        self.backpressure = Backpressure(
            lambda number: self.seen.append((number, self.state)),
            period,
            share,
            clock=lambda: self.now,
            later=lambda seconds, call: self.alarms.append((self.now + seconds, call)),
        )

    def change(self) -> None:
        self.state += 1
        self.backpressure.changed()

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [alarm for alarm in self.alarms if alarm[0] <= end]:
            alarm = min(due, key=lambda a: a[0])
            self.alarms.remove(alarm)
            self.now = max(self.now, alarm[0])
            alarm[1]()
        self.now = end


@pytest.fixture
def browser() -> Browser:
    return Browser()


def test_first_change_goes_out_at_once(browser):
    browser.change()
    assert browser.seen == [(1, 1)]


def test_one_under_way_and_the_newest_next(browser):
    for _ in range(10):
        browser.change()
    assert browser.seen == [(1, 1)]
    browser.backpressure.painted(1)
    assert browser.seen == [(1, 1), (2, 10)]
    browser.backpressure.painted(2)
    assert len(browser.seen) == 2
    assert browser.backpressure.under_way == 0


def test_pictures_take_their_share_of_the_time_and_no_more():
    browser = Browser(share=0.5)
    under_way = 0.0
    while browser.now < 10:
        browser.change()
        if browser.backpressure.under_way:
            browser.pass_time(0.1)
            under_way += 0.1
            browser.backpressure.painted(browser.backpressure.sent)
        else:
            browser.pass_time(0.01)
    assert under_way / browser.now == pytest.approx(0.5, abs=0.05)


def test_one_slow_picture_is_no_long_rest():
    browser = Browser(share=0.1)
    browser.change()
    browser.pass_time(2.5)
    browser.change()
    browser.backpressure.painted(1)
    assert len(browser.seen) == 2
    browser.backpressure.painted(2)
    browser.change()
    browser.pass_time(LONGEST_REST)
    assert len(browser.seen) == 3


def test_last_change_arrives_though_its_answer_was_lost(browser):
    browser.change()
    browser.change()
    browser.pass_time(PATIENCE + 0.01)
    assert browser.seen == [(1, 1), (2, 2)]


def test_nobody_looking_costs_next_to_nothing(browser):
    for _ in range(60_000):  # ten minutes at 100 changes a second
        browser.change()
        browser.pass_time(0.01)
    assert len(browser.seen) < 600 / LONGEST_PATIENCE + 5
    assert len(browser.alarms) <= 1


def answered_after(browser, seconds):
    browser.change()
    browser.pass_time(seconds)
    browser.backpressure.painted(browser.backpressure.sent)


def patience(browser):
    """Seconds until a picture follows one that is not answered."""
    browser.change()
    sent, start = browser.backpressure.sent, browser.now
    while browser.backpressure.sent == sent:
        browser.change()
        browser.pass_time(0.05)
    browser.backpressure.painted(browser.backpressure.sent)
    return browser.now - start


def test_patience_with_a_slow_browser_and_short_again_with_a_quick_one(browser):
    answered_after(browser, 0.1)
    assert patience(browser) == pytest.approx(PATIENCE, abs=0.06)
    answered_after(browser, 0.9)
    assert patience(browser) > 4 * 0.9 * 0.9
    for _ in range(40):
        answered_after(browser, 0.01)
    assert patience(browser) == pytest.approx(PATIENCE, abs=0.06)


def test_idle_means_silent(browser):
    browser.change()
    browser.backpressure.painted(1)
    browser.pass_time(3600)
    assert browser.seen == [(1, 1)]
    assert not browser.alarms


def test_answers_out_of_order_or_unheard_of(browser):
    browser.change()
    browser.backpressure.painted(99)  # of a page that outlived a restarted kernel
    browser.backpressure.painted(0)
    assert browser.backpressure.under_way == 0
    browser.change()
    assert browser.seen[-1] == (2, 2)


def test_busy_until_the_answer_or_until_it_is_overdue(browser):
    assert browser.backpressure.busy_for == 0
    browser.change()
    browser.pass_time(1)
    assert browser.backpressure.busy_for == pytest.approx(PATIENCE - 1)
    browser.pass_time(PATIENCE)
    assert browser.backpressure.busy_for == 0
    browser.backpressure.painted(1)
    assert browser.backpressure.busy_for == 0


def test_many_threads_never_two_under_way():
    most = 0
    answers: list[int] = []

    def publish(number: int) -> None:
        nonlocal most
        most = max(most, backpressure.under_way)
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


def test_pictures_keep_their_distance_and_the_last_one_comes():
    browser = Browser(period=0.25)
    browser.change()
    browser.pass_time(0.05)
    browser.change()  # sets the alarm for an answer that is late
    browser.backpressure.painted(1)
    assert browser.seen == [(1, 1)], "too early"
    browser.change()
    browser.pass_time(0.25)
    assert browser.seen == [(1, 1), (2, 3)]
    browser.backpressure.painted(2)
    browser.pass_time(1)
    browser.change()
    assert browser.seen[-1] == (3, 4), "at once after a rest"


def test_open_where_a_change_would_go_at_once():
    browser = Browser(share=0.5)
    assert browser.backpressure.open
    browser.change()
    assert not browser.backpressure.open
    browser.pass_time(0.2)
    browser.backpressure.painted(1)
    assert not browser.backpressure.open  # as long as it was under way
    browser.pass_time(0.21)
    assert browser.backpressure.open
    browser.change()
    assert browser.seen == [(1, 1), (2, 2)]
    browser.pass_time(PATIENCE + 1)
    assert browser.backpressure.open  # no answer: somebody may look again


def test_hurry_takes_no_rest_once():
    browser = Browser(share=0.5)
    browser.change()
    browser.pass_time(0.2)
    browser.backpressure.painted(1)
    browser.backpressure.changed(hurry=True)
    assert browser.backpressure.sent == 2
    browser.pass_time(0.1)
    browser.backpressure.painted(2)
    browser.backpressure.changed()
    assert browser.backpressure.sent == 2
    browser.pass_time(0.11)
    assert browser.backpressure.sent == 3


def test_hurry_waits_for_the_picture_under_way():
    browser = Browser(share=0.1)
    browser.change()
    browser.backpressure.changed(hurry=True)
    assert browser.backpressure.sent == 1
    browser.pass_time(0.2)
    browser.backpressure.painted(1)
    assert browser.backpressure.sent == 2
