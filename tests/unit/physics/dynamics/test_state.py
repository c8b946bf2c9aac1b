"""The state of a simulation in files: restored as written, other simulations are refused."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.files.reading import FormatError
from confdiff_widgets.physics.dynamics.config import DynamicsConfig
from confdiff_widgets.physics.dynamics.engine import Replica
from confdiff_widgets.physics.dynamics.exchange import Ladder
from confdiff_widgets.physics.dynamics.state import (
    SimulationState,
    checkpoint,
    energies,
    restore,
)

KELVIN = (300.0, 350.0, 400.0)
CONFIG = DynamicsConfig(temperatures=KELVIN, time_ns=1.0, replicas=3)


@pytest.fixture
def state():
    rng = np.random.default_rng(0)
    replicas = [
        Replica(rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), kelvin, float(k))
        for k, kelvin in enumerate(KELVIN)
    ]
    ladder = Ladder(np.array(KELVIN), np.array([2, 0, 1]), np.array([4, 5]), np.array([1, 2]))
    potential = rng.normal(size=(3, 7)).astype(np.float32)
    return SimulationState(7, replicas, ladder, potential, np.full((3, 7), 300.0, np.float32))


def test_a_checkpoint_is_restored(state):
    stored = checkpoint(state, [10, 20, 30])
    found = restore(stored, CONFIG, state.potential, state.temperature)
    assert found.frames == 7 and stored["xtc_bytes"].tolist() == [10, 20, 30]
    assert found.ladder.rung.tolist() == [2, 0, 1]
    assert found.ladder.accepted.tolist() == [1, 2]
    for mine, other in zip(found.replicas, state.replicas, strict=True):
        np.testing.assert_array_equal(mine.positions, other.positions)
        np.testing.assert_array_equal(mine.velocities, other.velocities)
        assert (mine.temperature, mine.potential) == (other.temperature, other.potential)


@pytest.mark.parametrize("change", [{"rung": np.array([0, 0, 1])}, {"attempted": np.zeros(1)}])
def test_checkpoints_of_other_simulations_are_refused(state, change):
    stored = checkpoint(state, [1, 1, 1]) | change
    with pytest.raises(FormatError, match="of another simulation"):
        restore(stored, CONFIG, state.potential, state.temperature)


def test_frames_have_even_times_from_the_first_interval_on(state):
    arrays = energies(state, CONFIG)
    times = arrays["time_ps"]
    np.testing.assert_allclose(np.diff(times), CONFIG.frame_ps)
    assert times[0] == CONFIG.frame_ps and len(times) == 7
    assert arrays["ladder_k"].tolist() == list(KELVIN)
    assert arrays["exchanges_attempted"].tolist() == [4, 5]
