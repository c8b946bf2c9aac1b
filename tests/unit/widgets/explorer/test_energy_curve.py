"""The energies of a run: axis, marks, counter and help."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from confdiff_widgets.physics.surrogate import SurrogateError
from confdiff_widgets.proteins.minimised_energies import EnergyBand
from confdiff_widgets.widgets.explorer.curve_lines import Line
from confdiff_widgets.widgets.explorer.energy_curve import (
    about_energy,
    beyond_axis,
    energy_lines,
    energy_range,
)

BAND = EnergyBand(350.0, -400.0, 8.0, 30.0)


def branch_of(estimates, openmm, steps=40):
    values = {
        step: SimpleNamespace(energy=np.array(v, dtype=np.float32)) for step, v in estimates.items()
    }
    openmm = {step: np.array(v, dtype=float) for step, v in openmm.items()}
    return SimpleNamespace(values=values, openmm=openmm, steps=steps, title="A")


def test_the_axis_shows_the_band_and_the_bulk_but_not_clashes():
    branch = branch_of({1: [2000.0, 4000.0], 40: [-380.0, -370.0]}, {40: [-385.0, -375.0, 3000.0]})
    low, high = energy_range([branch], BAND)
    assert low < BAND.mean - BAND.sd and -370 < high < 0


def test_an_axis_without_energies_shows_the_band():
    low, high = energy_range([branch_of({}, {})], BAND)
    assert low < -408 and high > -392
    assert energy_range([branch_of({}, {})]) is None


def test_points_above_the_axis_are_marked_with_their_energy():
    line = Line([1, 2, 3], [-380.0, 900.0, -370.0], 0, markers=True, conformers=np.arange(3))
    inside, marked = beyond_axis(line, -300.0)
    assert list(inside.y) == [-380, -370] and list(inside.conformers) == [0, 2]
    assert list(marked.x) == [2] and list(marked.y) == [-300] and list(marked.values) == [900]
    assert marked.symbol == "triangle-up"


def test_a_line_above_the_axis_is_only_cut():
    line = Line([1, 2], [900.0, -370.0], 0)
    assert beyond_axis(line, -300.0) == (line, None)


@pytest.mark.parametrize(
    ("openmm", "step", "counter"),
    [
        ({}, 10, "OpenMM for t ≤ 0.5"),
        ({10: [np.nan, -300.0, np.nan, np.nan]}, 10, "● OpenMM 1/4"),
        ({10: [np.nan, -300.0], 40: [-1.0, -2.0]}, 10, "● OpenMM 1/2"),
        ({10: [np.nan, -300.0], 40: [-1.0, -2.0]}, 20, "● OpenMM 2/2"),
        ({40: [np.inf, -2.0]}, 40, "● OpenMM 2/2 (1 failed)"),
    ],
)
def test_the_counter_is_that_of_the_frame_or_the_newest(openmm, step, counter):
    frame = SimpleNamespace(step=step)
    _, note = energy_lines([branch_of({1: [0.0, 1.0]}, openmm)], frame)
    assert note == f"— estimate, {counter}"
    without_estimates = branch_of({}, openmm)
    without_estimates.values[1] = SimpleNamespace(energy=None)
    _, note = energy_lines([without_estimates], frame)
    assert note == f"{counter}, no estimate"


def test_before_the_first_step_nothing_is_said_about_estimates():
    _, note = energy_lines([branch_of({}, {})], None)
    assert note == "OpenMM for t ≤ 0.5"


def test_every_step_is_on_the_line():
    branch = branch_of({step: [step, step + 2.0] for step in range(1, 41)}, {})
    (mean, *quantiles), _ = energy_lines([branch], None)
    assert list(mean.x) == list(range(1, 41))
    assert mean.y == pytest.approx(np.arange(1, 41) + 1.0)
    assert len(quantiles) == 2


def test_the_help_states_the_errors_and_the_band():
    errors = [SurrogateError(0.0, 0.1, 50, 103.2, 10.5, 0.43)]
    text = about_energy(errors, BAND)
    assert "103 (10) kcal/mol, 0.43 for t 0 to 0.1" in text
    assert "350 K" in text and "30 effective frames" in text
    assert "OpenMM is alone" in about_energy((), None)
