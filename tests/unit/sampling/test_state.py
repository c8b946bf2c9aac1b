"""The state of a run: its predicted structure and the sizes of the scores."""

from __future__ import annotations

import pytest
import torch


def test_the_start_has_no_evaluation(make_run):
    state = make_run().state
    assert (state.step, state.t) == (0, 1.0)
    assert state.prediction is None and state.gamma is None and state.eta is None
    assert state.score_norms() == {} and state.mean_scores() == {}


def test_sizes_are_root_mean_squares_over_residues(make_run):
    run = make_run(gamma=0.5)
    run.step()
    state = run.state
    assert (state.gamma, state.eta, state.evaluated_t) == (0.5, 0.0, 1.0)
    norms = state.score_norms()
    assert norms.keys() == {"total", "conditional", "unconditional"}
    trans = state.evaluation.score.trans
    expected = (trans**2).sum(-1).mean(-1).sqrt()
    torch.testing.assert_close(norms["total"]["trans"], expected)
    assert state.mean_scores()["total"] == pytest.approx(expected.mean().item())


def test_the_prediction_of_the_last_step_is_the_result(make_run):
    run = make_run(steps=3)
    for _ in run:
        pass
    assert run.state.t == 0
    torch.testing.assert_close(run.state.prediction.center().trans, run.state.rigid.center().trans)
