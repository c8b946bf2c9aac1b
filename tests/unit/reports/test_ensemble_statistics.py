"""Statistics of ensembles on the axes of the reference."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import analysis, proteins
from confdiff_widgets.reports import KnownStates, Target
from confdiff_widgets.reports.ensemble_statistics import StatisticsCalculator


@pytest.fixture(scope="module")
def target():
    return Target.of_protein(proteins.get("chignolin"))


@pytest.fixture(scope="module")
def known(target):
    _, first, copies = np.unique(target.ca, axis=0, return_index=True, return_counts=True)
    frames = np.sort(first[copies == 1])[[0, 50]]  # of the frames that occur once
    return KnownStates(("a", "b"), target.ca[frames], "frames", frames=frames)


@pytest.fixture(scope="module")
def calculator(target, known):
    found = StatisticsCalculator(target, None, known, 1.0, 0)
    return found, found.reference([50])


def test_statistics_are_those_of_the_analysis(target, calculator):
    found = calculator[0].compute(target.ca[::40])
    ca = target.ca[::40]
    np.testing.assert_allclose(found.rg, analysis.radius_of_gyration(ca))
    np.testing.assert_allclose(found.folded_rmsd, analysis.ca_rmsd(ca, target.folded))
    np.testing.assert_allclose(found.contacts, analysis.contact_rates(ca))
    np.testing.assert_allclose(found.tics, target.tica.transform(ca)[:, :2])
    assert found.labels is None and found.population is None  # there are no states


def test_all_surfaces_have_the_bins_of_the_reference(target, calculator):
    found = calculator[0].compute(target.ca[:400])
    np.testing.assert_array_equal(found.surface.x_edges, calculator[1].surface.x_edges)
    np.testing.assert_array_equal(found.surface.y_edges, calculator[1].surface.y_edges)


def test_the_reference_does_not_recover_a_state_by_its_own_frame(target, known, calculator):
    recovery = calculator[1].recovery
    assert (recovery.rmsd.min(axis=0) > 1e-3).all()
    assert 50 in recovery.sizes and recovery.sizes[-1] == len(target.ca) - 2
    first = known.frames[0]
    own = calculator[0].compute(target.ca[first : first + 100]).recovery
    assert own.rmsd.min(axis=0)[0] < 1e-3
