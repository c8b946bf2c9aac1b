"""The physical term of temperature guidance, for frames that are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from confdiff_widgets.live.physical_term import with_physical_term
from confdiff_widgets.proteins.starting_structure import folded_structure

from ..sessions import play


def scores(session, step):
    """Return the score of a step at the temperature of the run and at T_hot, in one batch."""
    branch = session.current
    before, after = branch.run.states[step - 1 : step + 1]
    cfg, t = branch.run.cfg, after.evaluated_t
    with torch.inference_mode():
        return [
            cfg.at(eta)(before.rigid, t, after.gamma).score.trans.numpy()
            for eta in (after.eta, 0.0)
        ]


@pytest.mark.parametrize("gamma", [1.0, 0.6])
def test_it_is_the_score_at_the_temperature_minus_that_at_the_hot_one(
    make_session, thermal_system, gamma
):
    session = make_session(thermal_system, temperature=320, gamma=gamma)
    play(session)
    branch = session.current
    assert branch.frames[4].physical_score is None, "sampling does not evaluate it"
    frame = with_physical_term(branch, branch.frames[4])
    at_temperature, hot = scores(session, 4)
    np.testing.assert_allclose(frame.physical_score, at_temperature - hot, atol=1e-5)
    assert frame.scores["physical"] > 0
    assert branch.frames[4] is frame
    assert with_physical_term(branch, frame) is frame, "evaluated once"
    assert branch.frames[3].physical_score is None, "and for no other frame"


def test_there_is_none_at_the_start_and_at_eta_0(make_session, thermal_system):
    session = make_session(thermal_system, temperature=450)
    play(session)
    for frame in session.current.in_order():
        assert with_physical_term(session.current, frame) is frame


def test_other_kinds_keep_the_one_of_sampling(make_session):
    session = make_session(guidance="force", eta=1.0)
    play(session)
    frame = session.current.frames[3]
    assert frame.physical_score is not None
    assert with_physical_term(session.current, frame) is frame


def test_it_is_0_on_fixed_residues(make_session, thermal_system):
    start = folded_structure(thermal_system, fixed="3-7")
    session = make_session(thermal_system, temperature=320, start=start)
    play(session)
    force = with_physical_term(session.current, session.current.frames[3]).force
    norm = np.linalg.norm(force, axis=-1)
    assert (norm[:, 2:7] == 0).all()
    assert (norm[:, [0, 1, 7, 8, 9]] > 0).all()
