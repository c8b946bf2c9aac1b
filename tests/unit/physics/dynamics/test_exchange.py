"""Replica exchange against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.physics.dynamics.exchange import Ladder, acceptance
from confdiff_widgets.units import GAS_CONSTANT


def test_exchanges_of_two_harmonic_potentials_obey_detailed_balance():
    """p(x; β) p(y; β') a(x, y) = p(y; β) p(x; β') a(y, x) for U = k x² / 2."""
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(2, 200)) * 2
    u, v = 1.5 * x**2, 1.5 * y**2
    beta, other = 1.3, 0.4
    forward = np.exp(-beta * u - other * v) * acceptance(beta, u, other, v)
    backward = np.exp(-beta * v - other * u) * acceptance(beta, v, other, u)
    np.testing.assert_allclose(forward, backward, rtol=1e-12)


def test_acceptance_is_certain_downhill_and_never_overflows():
    assert acceptance(2.0, -1e9, 1.0, 1e9) == 0
    assert acceptance(2.0, 1e9, 1.0, -1e9) == 1
    assert acceptance(1.0, 5.0, 1.0, -3.0) == 1
    assert acceptance(2.0, 0.0, 1.0, 0.7) == pytest.approx(np.exp(-0.7))


def test_harmonic_oscillators_keep_their_distributions():
    """In two dimensions U has the density β e^{-βU}; the mean acceptance is 2β' / (β + β')."""
    kelvin = np.array([300.0, 450.0])
    beta = 1 / (GAS_CONSTANT * kelvin)
    draw, ladder, count = np.random.default_rng(1), Ladder.ascending(kelvin), 20_000
    cold = np.zeros(count)
    for i in range(count):
        energy = draw.exponential(1 / beta[ladder.rung])
        ladder = ladder.exchange(energy, 2 * i, draw.random(1))
        cold[i] = energy[ladder.rung == 0][0]  # after the exchange
    expected = 2 * beta[1] / beta.sum()
    assert ladder.rate[0] == pytest.approx(expected, abs=4 * np.sqrt(expected / count))
    assert cold.mean() == pytest.approx(1 / beta[0], rel=4 / np.sqrt(count))


def test_neighbours_exchange_in_turn():
    ladder = Ladder.ascending([300.0, 350.0, 400.0, 450.0])
    always, never = np.zeros(3), np.ones(3)
    energy = np.array([4.0, 3.0, 2.0, 1.0])  # cold replicas have the higher energies
    once = ladder.exchange(energy, 0, always)
    assert once.rung.tolist() == [1, 0, 3, 2]
    assert once.attempted.tolist() == once.accepted.tolist() == [1, 0, 1]
    twice = once.exchange([0.0, 0.0, 0.0, 9.0], 1, never)  # replica 0 is colder than 3
    assert twice.attempted.tolist() == [1, 1, 1]
    assert twice.rung.tolist() == once.rung.tolist()
    assert ladder.rung.tolist() == [0, 1, 2, 3]  # unchanged
    assert np.isnan(ladder.rate).all()


def test_rungs_stay_a_permutation():
    draw, ladder = np.random.default_rng(2), Ladder.ascending(np.geomspace(300, 450, 7))
    for attempt in range(300):
        ladder = ladder.exchange(draw.normal(size=7) * 20, attempt, draw.random(6))
        assert sorted(ladder.rung) == list(range(7))
    assert (ladder.accepted <= ladder.attempted).all()
    assert ladder.attempted.tolist() == [150] * 6
