"""Values of every step."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from confdiff_widgets.live.step_values import values_of_states

from ..sessions import play


@pytest.fixture
def finished(make_session):
    session = make_session()
    play(session)
    return session


def test_values_are_those_of_the_frames(finished):
    branch = finished.current
    for step in range(1, 7):
        assert branch.values[step].rmsd == pytest.approx(branch.frames[step].rmsd, abs=1e-3)


def test_values_do_not_depend_on_the_batch(finished):
    """The states between two drawings are measured together."""
    states = finished.current.run.states[1:]
    together = values_of_states(states, finished.system)
    for state, values in zip(states, together, strict=True):
        (alone,) = values_of_states([state], finished.system)
        for name in ("energy", "rmsd", "contacts"):
            assert getattr(values, name) == pytest.approx(getattr(alone, name), rel=1e-4, abs=1e-4)


def test_a_fork_keeps_the_values_up_to_it(finished):
    parent = finished.current
    branch = finished.fork(3)
    assert sorted(branch.values) == [1, 2, 3]
    assert all(branch.values[step] is parent.values[step] for step in branch.values)


def test_a_rewound_run_forgets_later_values(finished):
    finished.current.truncate(2)
    assert sorted(finished.current.values) == [1, 2]


def test_without_a_reference_there_are_no_values(finished, without_reference):
    states = finished.current.run.states[1:]
    for values in values_of_states(states, without_reference):
        assert values.energy is values.rmsd is values.contacts is None


def test_the_energy_of_a_result_is_that_of_t_0(finished):
    """Its structure is that of the last step, which was evaluated at another t."""
    times = []

    def surrogate(frames, torsions, t):
        times.extend(t.tolist())
        return t

    system = SimpleNamespace(energy_surrogate=lambda device: surrogate, folded=None)
    states = finished.current.run.states[-2:]
    before, last = values_of_states(states, system)
    assert np.allclose(before.energy, states[0].evaluated_t)
    assert np.all(last.energy == 0)


def test_batches_of_any_size_have_the_same_values(finished, monkeypatch):
    states = [state for state in finished.current.run.states if state.evaluation is not None]
    whole = values_of_states(states, finished.system)
    monkeypatch.setattr("confdiff_widgets.live.step_values.BATCH", 4)
    for one, other in zip(whole, values_of_states(states, finished.system), strict=True):
        np.testing.assert_allclose(one.energy, other.energy, rtol=1e-4)
        np.testing.assert_allclose(one.rmsd, other.rmsd, atol=1e-5)
        np.testing.assert_allclose(one.contacts, other.contacts)
