"""Heated starts."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.physics import PhysicsError
from confdiff_widgets.physics.chemistry import Chemistry
from confdiff_widgets.physics.dynamics.config import DynamicsConfig
from confdiff_widgets.physics.dynamics.engine import Engine
from confdiff_widgets.physics.dynamics.extended_chain import extended_chain
from confdiff_widgets.physics.dynamics.simulated_protein import (
    Stereochemistry,
    prepare,
)
from confdiff_widgets.physics.dynamics.starts import Heating, make_starts

CONFIG = DynamicsConfig((300.0, 400.0, 450.0), 1.0, starts=("extended", "heated"), replicas=3)


@pytest.fixture(scope="module")
def protein():
    return prepare(Chemistry.standard("AA"), extended_chain("AA"), "CPU")


def test_starts_are_taken_in_turn(protein):
    engine, steps = Engine(protein.system, 3, "CPU", 1), []
    found = make_starts(protein, CONFIG, Heating(600.0, 2), engine, lambda *ps: steps.append(ps))
    np.testing.assert_array_equal(found[0].positions, protein.positions)
    np.testing.assert_array_equal(found[2].positions, protein.positions)
    assert np.abs(found[1].positions - protein.positions).max() > 0.02
    assert [replica.temperature for replica in found] == [300.0, 400.0, 450.0]
    assert (found[0].velocities != found[2].velocities).any()
    assert steps == [(1, 2), (2, 2)]


def test_heatings_that_change_the_stereochemistry_are_repeated(protein, monkeypatch):
    engine, calls = Engine(protein.system, 3, "CPU", 1), []
    real = Stereochemistry.cis

    def cis(self, positions):
        calls.append(1)
        return ["ALA2"] if 1 < len(calls) < 4 else real(self, positions)

    monkeypatch.setattr(Stereochemistry, "cis", cis)
    make_starts(protein, CONFIG, Heating(600.0, 1), engine)
    assert len(calls) == 4  # the structure, two failures, a success
    calls[:] = [1]
    monkeypatch.setattr(Stereochemistry, "inverted", lambda *_: [str(len(calls))])
    with pytest.raises(PhysicsError, match=r"has inverted residues.*Choose another --seed"):
        make_starts(protein, CONFIG, Heating(600.0, 1), engine)
