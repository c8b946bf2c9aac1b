"""The ensemble of the model itself: sampled at rest, at the temperature that is asked for."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import own_ensemble
from confdiff_widgets.live.own_ensemble import OwnEnsemble
from confdiff_widgets.proteins.system import load_system

from ..waiting import wait_for


@pytest.fixture
def ensemble(monkeypatch):
    """Return a function that starts an ensemble of 24 conformers of four residues."""
    monkeypatch.setattr(own_ensemble, "SAMPLES", 24)
    started = []

    def start(resting=lambda: True, on_change=lambda: None):
        started.append(
            OwnEnsemble(load_system("GASP"), "cpu", resting=resting, on_change=on_change)
        )
        return started[-1]

    yield start
    for one in started:
        one.close()
        one._thread.join(60)
        assert not one._thread.is_alive()


def test_each_temperature_has_a_surface_on_the_same_axes(ensemble):
    changes = []
    own = ensemble(on_change=lambda: changes.append(1))
    assert own.plane is None and own.surface(300) is None
    wait_for(lambda: changes)
    plane, cold = own.plane, own.surface(300)
    assert cold.temperature_k == 300 and cold.n_frames == 24
    assert own.surface(450) is None
    wait_for(lambda: len(changes) == 2)
    hot = own.surface(450)
    assert own.plane is plane and hot.temperature_k == 450
    np.testing.assert_array_equal(hot.x_edges, cold.x_edges)
    assert own.surface(300) is cold


def test_it_waits_while_the_player_runs(ensemble):
    rest = threading.Event()
    own = ensemble(resting=rest.is_set)
    own.surface(300)
    threading.Event().wait(0.3)
    assert own.plane is None
    rest.set()
    wait_for(lambda: own.plane is not None)


def test_a_new_temperature_replaces_one_that_is_being_sampled(ensemble):
    rest, changes = threading.Event(), []
    own = ensemble(resting=rest.is_set, on_change=lambda: changes.append(1))
    own.surface(300)
    own.surface(400)
    rest.set()
    wait_for(lambda: changes)
    assert own.surface(400) is not None and len(changes) == 1


def test_an_ensemble_outside_of_the_grid_is_a_failure(ensemble, monkeypatch):
    changes, sampled = [], OwnEnsemble._sample
    own = ensemble(on_change=lambda: changes.append(1))
    own.surface(300)
    wait_for(lambda: changes)
    monkeypatch.setattr(OwnEnsemble, "_sample", lambda *args: 50 * sampled(*args))
    own.surface(450)
    wait_for(lambda: len(changes) == 2)
    assert "none of the 24 frames is on the grid" in own.failure
    assert own.surface(300) is not None


def test_a_failure_is_said(ensemble, monkeypatch):
    def fail(*_):
        raise SettingsError("There is not enough memory.")

    monkeypatch.setattr(OwnEnsemble, "_sample", fail)
    changes = []
    own = ensemble(on_change=lambda: changes.append(1))
    own.surface(300)
    wait_for(lambda: changes)
    assert own.failure == "There is not enough memory." and own.plane is None
