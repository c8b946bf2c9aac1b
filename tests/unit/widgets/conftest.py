"""Finished runs for the tests of widgets."""

from __future__ import annotations

import time

import numpy as np
import pytest

from confdiff_widgets.live import Status

from ..sessions import make_session, system, thermal_system, without_reference

__all__ = ["make_session", "system", "thermal_system", "without_reference"]


@pytest.fixture
def finished(make_session):
    """Creates sessions with a finished run, and energies as OpenMM returns them."""

    def make(*args, **settings):
        session = make_session(*args, **settings)
        session.play()
        assert session.player.wait(Status.FINISHED), session.player.error
        branch = session.current
        deadline = time.monotonic() + 20
        while len(branch.frames) <= branch.steps:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        branch.openmm[branch.steps] = np.linspace(-300.0, -200.0, branch.config.samples)
        return session

    return make
