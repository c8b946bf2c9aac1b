"""The integration of replicas."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.physics.chemistry import Chemistry
from confdiff_widgets.physics.dynamics.engine import (
    Engine,
    Replica,
    UnstableSimulationError,
)
from confdiff_widgets.physics.dynamics.extended_chain import extended_chain
from confdiff_widgets.physics.dynamics.simulated_protein import prepare
from confdiff_widgets.units import GAS_CONSTANT


@pytest.fixture(scope="module")
def protein():
    return prepare(Chemistry.standard("GG"), extended_chain("GG"), "CPU")


def start(protein, engine: Engine, kelvin: float) -> Replica:
    return engine.draw_velocities(Replica(protein.positions, protein.positions * 0, kelvin), 3)


def kinetic_temperature(protein, velocities: np.ndarray) -> float:
    system = protein.system
    masses = np.array([system.getParticleMass(i)._value for i in range(len(velocities))])
    freedom = 3 * len(masses) - system.getNumConstraints() - 3  # without the centre of mass
    return float((masses[:, None] * velocities**2).sum() / (freedom * GAS_CONSTANT))


@pytest.mark.slow
@pytest.mark.parametrize("kelvin", [300.0, 450.0])
def test_the_kinetic_temperature_is_that_of_the_thermostat(protein, kelvin):
    engine = Engine(protein.system, 1, "CPU", 1)
    replica, found = start(protein, engine, kelvin), []
    for _ in range(160):
        (replica,) = engine.advance([replica], 100)
        found.append(kinetic_temperature(protein, replica.velocities))
    blocks = np.reshape(found[20:], (10, -1)).mean(1)
    error = blocks.std(ddof=1) / np.sqrt(len(blocks))
    assert error < 0.06 * kelvin
    assert abs(blocks.mean() - kelvin) < 4 * error


def test_bonds_to_hydrogen_keep_their_lengths(protein):
    engine = Engine(protein.system, 1, "CPU", 1)
    (replica,) = engine.advance([start(protein, engine, 450.0)], 200, [7])
    system = protein.system
    for k in range(system.getNumConstraints()):
        i, j, length = system.getConstraintParameters(k)
        found = np.linalg.norm(replica.positions[i] - replica.positions[j])
        assert found == pytest.approx(length._value, rel=1e-4)


@pytest.mark.parametrize("platform", ["CPU", "Reference"])
def test_results_depend_on_state_and_seed_alone(protein, platform):
    engine, other = (Engine(protein.system, 2, platform, cores) for cores in (2, 1))
    states = [start(protein, engine, kelvin) for kelvin in (300.0, 450.0)]
    first = engine.advance(states, 50, [4, 5])
    other.advance(states[::-1], 17, [8, 9])
    again = other.advance(states, 50, [4, 5])
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)
        np.testing.assert_array_equal(one.velocities, two.velocities)
        assert one.potential == two.potential
    changed = other.advance(states, 50, [4, 6])
    assert (changed[1].positions != first[1].positions).any()


def test_a_change_of_temperature_rescales_velocities(protein):
    engine = Engine(protein.system, 1, "CPU", 1)
    replica = start(protein, engine, 300.0)
    hot = replica.at(450.0)
    assert kinetic_temperature(protein, hot.velocities) == pytest.approx(
        1.5 * kinetic_temperature(protein, replica.velocities)
    )
    assert (hot.temperature, hot.positions is replica.positions) == (450.0, True)
    assert replica.at(300.0) is replica


@pytest.mark.parametrize("value", [np.nan, 1e30])
def test_unstable_replicas_are_reported(protein, value):
    engine = Engine(protein.system, 1, "CPU", 1)
    replica = start(protein, engine, 300.0)
    replica.velocities[3] = value
    with pytest.raises(UnstableSimulationError, match="Replica 0 became unstable at 300 K"):
        engine.advance([replica], 10)
