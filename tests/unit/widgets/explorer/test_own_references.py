"""The user's own reference in the Explorer, and messages that compare sequences."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from confdiff_widgets.guidance.sampled_temperature import SampledTemperature
from confdiff_widgets.live import Status
from confdiff_widgets.reports.own_reference import own_reference
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.background import background_at, coordinates
from confdiff_widgets.widgets.explorer.captions import about_plane, meaning_of_tics
from confdiff_widgets.widgets.explorer.controller import ExplorerController
from confdiff_widgets.widgets.explorer.state import ExplorerState

from ...sessions import play
from ...simulations import simulation
from ...waiting import wait_for

__all__ = ["simulation"]


class Screen:
    """Ignores the calls of the controller."""

    def __getattr__(self, name):
        return lambda *arguments: None


@pytest.fixture
def controller(make_session):
    session = make_session(folder=None, samples=2, steps=3, gamma=0.7)
    controller = ExplorerController(ExplorerState(session, None), Screen())
    yield controller
    controller.state.session.close()


def settings(controller):
    return view_model.parameters(controller.state, ())["settings"]


def test_a_folder_becomes_the_reference_and_keeps_the_settings(controller, simulation):
    state = controller.state
    before = state.session.config
    controller.receive({"reference": str(simulation)})
    wait_for(lambda: settings(controller)["reference"] == "run")
    assert state.session.config == before and state.notice == ""
    system = state.session.system
    assert system.reference is system.own_reference
    state.session.energies.enabled = False
    play(state.session)
    frame = state.session.current.last
    expected = system.reference.tica.transform(frame.predicted[:, :, 1])[:, :2]
    np.testing.assert_allclose(coordinates(frame, None, system.reference), expected)
    controller.receive({"reference": ""})
    assert settings(controller)["reference"] == ""
    assert state.session.system.reference is state.session.system.protein.reference()


def test_an_unusable_folder_changes_nothing(controller, simulation, tmp_path):
    session = controller.state.session
    for folder in (tmp_path / "missing", tmp_path):
        controller.receive({"reference": str(folder)})
        wait_for(lambda: "not the folder of one simulation" in controller.state.notice)
        controller.receive({"dismiss": True})
    assert controller.state.session is session
    assert session.player.status is Status.READY


def test_the_plane_says_that_it_shows_your_simulation(controller, simulation):
    system = controller.state.session.system
    system = dataclasses.replace(system, own_reference=own_reference(simulation, system.sequence))
    found = background_at(system, SampledTemperature(330.0))
    assert found.title.startswith("Your MD's free energy at 330 K")
    assert found.note.startswith("The reference is run. The MD frames of all temperatures")
    assert "The reference is run" in about_plane(system, found, meaning_of_tics(system))
    outside = background_at(system, SampledTemperature(474.0))
    assert outside.title == "Your MD's free energy at 450 K (run at 474 K)"


def test_sequences_are_compared_and_refused_by_message(controller):
    state = controller.state
    controller.receive({"compare_sequence": "YYDPATG"})
    assert "Compare sequences of equal length" in state.notice and state.second is None
    controller.receive({"dismiss": True})
    controller.receive({"guidance": "force"})
    controller.receive({"compare_sequence": "YYDPATGTWY"})
    assert "no force head is bundled" in state.notice and state.second is None
    controller.receive({"guidance": "none"})
    controller.receive({"compare_sequence": "YYDPATGTWY"})
    assert state.second is not None and settings(controller)["compared"] == "YYDPATGTWY"
    controller.receive({"compare_sequence": ""})
    assert state.second is None and settings(controller)["compared"] == ""
