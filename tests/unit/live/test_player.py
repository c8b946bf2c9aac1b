"""The player: commands from outside, one worker thread inside."""

from __future__ import annotations

import threading
import time

import pytest

from confdiff_widgets.live import Player, Status
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def player():
    player = Player()
    yield player
    player.close()


@pytest.fixture
def make_run(tiny_cfg):
    def make(**settings) -> Run:
        return Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=2, **{"steps": 6, **settings}))

    return make


def test_plays_to_the_end(player, make_run):
    player.load(make_run)
    assert player.wait(Status.READY)
    assert player.state.step == 0
    player.play()
    assert player.wait(Status.FINISHED)
    assert player.state.step == 6


def test_step_makes_one_step(player, make_run):
    player.load(make_run)
    player.wait(Status.READY)
    for expected in (1, 2, 3):
        player.step()
        assert player.wait(Status.PAUSED)
        deadline = time.monotonic() + 5
        while player.state.step < expected and time.monotonic() < deadline:
            time.sleep(0.005)
        assert player.state.step == expected


def test_pause_holds_and_play_goes_on(player, make_run):
    player.load(lambda: make_run(steps=400))
    player.wait(Status.READY)
    player.play()
    player.wait(Status.RUNNING)
    player.pause()
    assert player.wait(Status.PAUSED)
    at = player.state.step
    time.sleep(0.1)
    assert player.state.step == at < 400
    player.play()
    assert player.wait(Status.RUNNING)


def test_watchers_hear_of_a_pause_whenever_it_comes(player, make_run):
    heard = []
    player.watch(lambda player: heard.append(player.status))
    player.load(lambda: make_run(steps=400))
    player.wait(Status.READY)
    player.set_speed(5)
    player.play()
    player.wait(Status.RUNNING)
    time.sleep(0.1)  # the step is made, and the next one waits for its time
    player.pause()
    assert player.wait(Status.PAUSED)
    deadline = time.monotonic() + 5
    while heard[-1] is not Status.PAUSED and time.monotonic() < deadline:
        time.sleep(0.005)
    assert heard[-1] is Status.PAUSED


def test_gamma_acts_on_the_next_step(player, make_run):
    player.load(make_run)
    player.wait(Status.READY)
    player.step()
    player.wait(Status.PAUSED)
    player.set_parameters(gamma=0.25)
    player.play()
    player.wait(Status.FINISHED)
    assert player.run.gammas == [1.0] + [0.25] * 5


def test_a_bad_gamma_is_refused_and_the_run_goes_on(player, make_run):
    player.load(make_run)
    player.wait(Status.READY)
    with pytest.raises(ValueError, match="finite"):
        player.set_parameters(gamma=float("nan"))
    player.play()
    assert player.wait(Status.FINISHED)


def test_failure_is_kept_with_its_cause(player, make_run):
    def broken() -> Run:
        run = make_run()
        run.step = lambda: (_ for _ in ()).throw(RuntimeError("boom"))
        return run

    player.load(broken)
    player.wait(Status.READY)
    player.play()
    assert player.wait(Status.FAILED)
    assert "boom" in str(player.error)
    player.load(make_run)
    assert player.wait(Status.READY)
    assert player.error is None


def test_a_run_that_cannot_be_built_fails(player, make_run):
    player.load(lambda: make_run(samples_=1))
    assert player.wait(Status.FAILED)


def test_stop_ends_the_run_and_keeps_it(player, make_run):
    player.load(lambda: make_run(steps=400))
    player.wait(Status.READY)
    player.play()
    player.wait(Status.RUNNING)
    player.stop()
    assert player.wait(Status.STOPPED)
    time.sleep(0.05)
    at = player.state.step
    player.play()
    time.sleep(0.1)
    assert player.state.step == at


def test_watchers_hear_of_every_step(player, make_run):
    steps = []
    player.watch(lambda p: steps.append(p.state.step if p.state else None))
    player.load(make_run)
    player.wait(Status.READY)
    player.play()
    player.wait(Status.FINISHED)
    time.sleep(0.1)
    assert [s for s in dict.fromkeys(steps) if s is not None] == list(range(7))


def test_speed_limits_the_steps(player, make_run):
    player.load(lambda: make_run(steps=100))
    player.wait(Status.READY)
    player.set_speed(10)
    player.play()
    time.sleep(0.55)
    player.pause()
    player.wait(Status.PAUSED)
    assert player.state.step <= 7


def test_commands_from_many_threads_do_not_break_it(player, make_run):
    player.load(lambda: make_run(steps=100))
    player.wait(Status.READY)
    commands = [player.play, player.pause, player.step, lambda: player.set_parameters(gamma=0.5)]

    def hammer() -> None:
        for k in range(40):
            commands[k % 4]()

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    player.play()
    assert player.wait(Status.FINISHED)
    assert player.state.step == 100


def test_a_stop_while_a_step_is_made_is_not_taken_for_a_pause(player, make_run):
    def stopping() -> Run:
        run, step = make_run(steps=400), Run.step

        def stop_meanwhile():
            player.stop()
            return step(run)

        run.step = stop_meanwhile
        return run

    player.load(stopping)
    player.wait(Status.READY)
    heard = []
    player.watch(lambda player: heard.append(player.status))
    player.play()
    assert player.wait(Status.STOPPED)
    time.sleep(0.1)
    assert player.status is Status.STOPPED
    assert Status.PAUSED not in heard and player.state.step == 1


def test_a_stop_before_the_worker_looks_is_not_taken_for_a_pause(player, make_run):
    """The worker wakes to pause, and finds that the run was stopped meanwhile."""
    player.load(make_run)
    player.wait(Status.READY)
    player.step()
    player.wait(Status.PAUSED)
    player.stop()
    player._advance()
    assert player.status is Status.STOPPED


def test_a_run_that_was_dropped_does_not_speak_for_the_next(player, make_run):
    going, go = threading.Event(), threading.Event()

    def slow() -> Run:
        run = make_run()

        def step():
            going.set()
            go.wait(5)
            raise RuntimeError("of the run before")

        run.step = step
        return run

    player.load(slow)
    player.wait(Status.READY)
    player.play()
    going.wait(5)
    player.load(make_run)
    assert player.status is Status.LOADING and player.run is None
    go.set()
    assert player.wait(Status.READY, Status.FAILED)
    assert player.status is Status.READY and player.error is None


def test_what_is_turned_while_a_run_is_built_acts_on_its_first_step(player, make_run):
    go = threading.Event()

    def slow() -> Run:
        go.wait(5)
        return make_run()

    player.load(slow)
    player.set_parameters(gamma=0.25)
    with pytest.raises(ValueError, match="finite"):
        player.set_parameters(gamma=float("inf"))
    go.set()
    player.play()
    assert player.wait(Status.FINISHED)
    assert player.run.gammas == [0.25] * 6


def test_a_knob_that_the_built_run_cannot_take_fails_with_the_reason(player, make_run):
    go = threading.Event()
    player.load(lambda: (go.wait(5), make_run())[1])
    player.set_parameters(eta=1.0)
    go.set()
    assert player.wait(Status.FAILED)
    assert "physical term" in str(player.error)
