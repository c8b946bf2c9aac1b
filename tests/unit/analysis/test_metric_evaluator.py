"""Statistics of draws: the same values as the functions of one ensemble."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import analysis
from confdiff_widgets.analysis.metric_evaluator import FEATURES, MetricEvaluator, distance, total
from confdiff_widgets.analysis.metrics import METRICS


@pytest.fixture(scope="module")
def evaluator_and_frames(chignolin):
    evaluator = MetricEvaluator(
        chignolin.ca,
        chignolin.folded_ca,
        None,
        folded_cutoff=2.0,
        n_bins=20,
        outside="drop",
        max_pairs=100,
    )
    return evaluator, chignolin


def values(evaluator, ca, reference):
    rng = np.random.default_rng(0)
    sample = evaluator.statistics(ca, [np.arange(len(ca))], rng)
    target = evaluator.statistics(reference, [np.arange(len(reference))], rng)
    return evaluator.values(sample, target)[0]


def test_values_are_those_of_the_functions_of_an_ensemble(evaluator_and_frames):
    evaluator, md = evaluator_and_frames
    sample = md.ca[:60] * 1.02
    found = values(evaluator, sample, md.ca)
    assert found["js_pwd"] == pytest.approx(analysis.js_pwd(sample, md.ca, n_bins=20))
    assert found["js_rg"] == pytest.approx(analysis.js_rg(sample, md.ca, n_bins=20))
    assert found["val_clash"] == analysis.val_clash(sample)
    assert found["val_bond"] == analysis.val_bond(sample)
    assert found["contact_rmse"] == pytest.approx(analysis.contact_rmse(sample, md.ca))


def test_an_ensemble_has_no_distance_to_itself(evaluator_and_frames):
    evaluator, md = evaluator_and_frames
    found = values(evaluator, md.ca, md.ca)
    for key in ("js_pwd", *FEATURES, "contact_rmse", "rmsf_difference"):
        assert found[key] == pytest.approx(0, abs=1e-7), key


def test_a_draw_with_copies_is_an_ensemble_with_copies(evaluator_and_frames):
    evaluator, md = evaluator_and_frames
    draw = np.array([0, 0, 3, 7, 7, 7])
    rng = np.random.default_rng(0)
    drawn = evaluator.statistics(md.ca, [draw], rng, with_pairs=0)
    copied = evaluator.statistics(md.ca[draw], [np.arange(6)], rng, with_pairs=0)
    for key, found in drawn.histograms.items():
        np.testing.assert_array_equal(found, copied.histograms[key])
    np.testing.assert_allclose(drawn.rmsf, copied.rmsf, rtol=1e-6)


def test_every_feature_is_a_metric_and_combined_as_its_key_says():
    assert FEATURES.keys() <= METRICS.keys()
    squares = np.array([[0.04, 0.16]])
    assert distance("js_rg", squares) == pytest.approx(0.3)
    assert distance("contact_rmse", squares) == pytest.approx(0.1**0.5)
    assert total("contact_rmse_sum", squares) == pytest.approx(0.2)
