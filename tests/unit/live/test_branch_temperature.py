"""The temperature of branches and of saved runs."""

from __future__ import annotations

import pytest

from confdiff_widgets.live import Status
from confdiff_widgets.models.temperature import eta_of_temperature

from ..sessions import play
from ..waiting import wait_for

COLD, WARM = (eta_of_temperature(kelvin) for kelvin in (300.0, 335.0))


@pytest.fixture
def session(make_session, thermal_system):
    return make_session(thermal_system, samples=2, temperature=350)


def label(session):
    return session.current.temperature.label


def test_a_change_before_the_first_step_is_that_of_the_run(session):
    session.set_parameters(eta=WARM)
    assert label(session) == "335 K"
    play(session)
    assert label(session) == "335 K"


def test_a_change_between_two_steps_varies_the_temperature(session):
    session.player.step()
    session.player.wait(Status.PAUSED)
    session.set_parameters(eta=WARM)
    assert label(session) == "350 K", "no step has been made with it"
    session.player.step()
    wait_for(lambda: label(session) == "varied")


def test_a_change_after_the_end_is_that_of_the_next_run(session):
    play(session)
    session.set_parameters(eta=WARM)
    assert label(session) == "350 K"
    session.restart(keep=True)
    assert label(session) == "335 K"


def test_a_branch_with_another_temperature_is_varied(session):
    play(session)
    session.set_parameters(eta=COLD)
    branch = session.fork(2)
    session.player.wait(Status.PAUSED)
    play(session)
    assert branch.temperature.label == "varied"
    assert session.branches.find("A").temperature.label == "350 K"


def test_a_saved_run_has_its_temperature(session, make_session, thermal_system):
    play(session)
    session.set_parameters(eta=COLD)
    session.fork(3)
    session.player.wait(Status.PAUSED)
    play(session)
    folders = [branch.folder for branch in session.branches]
    other = make_session(thermal_system, samples=2)
    assert [other.open(folder).temperature.label for folder in folders] == ["350 K", "varied"]
