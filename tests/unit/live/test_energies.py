"""OpenMM energies that arrive late."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from confdiff_widgets.live import Status
from confdiff_widgets.live.energies import Energies
from confdiff_widgets.physics import EnergyResult

from ..sessions import play
from ..waiting import wait_for


def test_late_energy_goes_to_its_own_frame(make_session, monkeypatch):
    """Neither a frame that replaced its step nor a branch that took its letter receives it."""
    session = make_session()
    energies = session.energies
    submitted = []

    class Pool:
        pending = 0

        def submit(self, atoms, keys):
            submitted.extend(keys)

        def cancel(self):
            pass

        def pause(self, paused):
            pass

        def close(self):
            pass

    monkeypatch.setattr(energies, "_pool", Pool())
    play(session)
    energies.enabled = True
    energies.offer(session.current, session.current.last)
    late = EnergyResult(submitted[0], -1.0, {}, np.zeros((10, 3)))
    session.reset()
    session.player.wait(Status.READY)
    play(session)
    wait_for(lambda: 6 in session.current.openmm)
    energies._deliver(late)
    assert np.isnan(session.current.openmm[6]).all()
    energies._deliver(replace(late, key=submitted[-3]))
    assert session.current.openmm[6][0] == -1


def test_energy_may_arrive_while_its_recorder_is_removed():
    """The branch has a recorder at the first access, and none at the second."""
    written, notified = [], []
    recorders = iter([SimpleNamespace(add_energy=lambda *energy: written.append(energy)), None])

    class Vanishing(SimpleNamespace):
        recorder = property(lambda _: next(recorders))

    branch = Vanishing(openmm={1: np.full(1, np.nan)})
    energies = Energies("YYDPETGTWY", lambda: notified.append(1))
    energies._in_progress[1] = branch, 1, branch.openmm[1]
    energies._deliver(SimpleNamespace(key=(1, 0), energy=-2.0))
    energies.close()
    assert written == [(1, 0, -2.0)] and notified
