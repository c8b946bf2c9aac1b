"""The player: commands from any thread, steps in one worker thread."""

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


def test_pause_and_play(player, make_run):
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


def test_watchers_are_notified_of_a_pause_between_steps(player, make_run):
    statuses = []
    player.watch(lambda player: statuses.append(player.status))
    player.load(lambda: make_run(steps=400))
    player.wait(Status.READY)
    player.set_speed(5)
    player.play()
    player.wait(Status.RUNNING)
    time.sleep(0.1)  # a step is made, and the next one waits for the speed limit
    player.pause()
    assert player.wait(Status.PAUSED)
    deadline = time.monotonic() + 5
    while statuses[-1] is not Status.PAUSED and time.monotonic() < deadline:
        time.sleep(0.005)
    assert statuses[-1] is Status.PAUSED


def test_gamma_acts_on_the_next_step(player, make_run):
    player.load(make_run)
    player.wait(Status.READY)
    player.step()
    player.wait(Status.PAUSED)
    player.set_parameters(gamma=0.25)
    player.play()
    player.wait(Status.FINISHED)
    assert player.run.gammas == [1.0] + [0.25] * 5


def test_invalid_gamma_is_rejected_and_the_run_continues(player, make_run):
    player.load(make_run)
    player.wait(Status.READY)
    with pytest.raises(ValueError, match="finite"):
        player.set_parameters(gamma=float("nan"))
    player.play()
    assert player.wait(Status.FINISHED)


def test_failure_and_its_cause(player, make_run):
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


def test_run_that_cannot_be_created_fails(player, make_run):
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


def test_watchers_are_notified_of_every_step(player, make_run):
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


def test_commands_from_many_threads(player, make_run):
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


def test_stop_during_a_step_is_not_a_pause(player, make_run):
    def stopping() -> Run:
        run, step = make_run(steps=400), Run.step

        def stop_meanwhile():
            player.stop()
            return step(run)

        run.step = stop_meanwhile
        return run

    player.load(stopping)
    player.wait(Status.READY)
    statuses = []
    player.watch(lambda player: statuses.append(player.status))
    player.play()
    assert player.wait(Status.STOPPED)
    time.sleep(0.1)
    assert player.status is Status.STOPPED
    assert Status.PAUSED not in statuses and player.state.step == 1


def test_stop_before_the_worker_wakes_up_is_not_a_pause(player, make_run):
    """The worker wakes up in order to pause, but the run has been stopped meanwhile."""
    player.load(make_run)
    player.wait(Status.READY)
    player.step()
    player.wait(Status.PAUSED)
    player.stop()
    player._advance()
    assert player.status is Status.STOPPED


def test_error_of_a_dropped_run_is_ignored(player, make_run):
    stepping, release = threading.Event(), threading.Event()

    def slow() -> Run:
        run = make_run()

        def step():
            stepping.set()
            release.wait(5)
            raise RuntimeError("of the dropped run")

        run.step = step
        return run

    player.load(slow)
    player.wait(Status.READY)
    player.play()
    stepping.wait(5)
    player.load(make_run)
    assert player.status is Status.LOADING and player.run is None
    release.set()
    assert player.wait(Status.READY, Status.FAILED)
    assert player.status is Status.READY and player.error is None


def test_parameters_set_while_a_run_is_created_act_on_its_first_step(player, make_run):
    release = threading.Event()

    def slow() -> Run:
        release.wait(5)
        return make_run()

    player.load(slow)
    player.set_parameters(gamma=0.25)
    with pytest.raises(ValueError, match="finite"):
        player.set_parameters(gamma=float("inf"))
    release.set()
    player.play()
    assert player.wait(Status.FINISHED)
    assert player.run.gammas == [0.25] * 6


def test_parameters_that_the_created_run_rejects_fail_with_the_reason(player, make_run):
    release = threading.Event()
    player.load(lambda: (release.wait(5), make_run())[1])
    player.set_parameters(eta=1.0)
    release.set()
    assert player.wait(Status.FAILED)
    assert "needs physical guidance" in str(player.error)
