"""A second sequence, whose runs follow those of the first."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import palette
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import Session, Status
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.widgets.explorer import new_runs, run_commands
from confdiff_widgets.widgets.explorer.plots import Plots
from confdiff_widgets.widgets.explorer.second_sequence import (
    close_second,
    follow,
    open_second,
    titles,
)
from confdiff_widgets.widgets.explorer.state import ExplorerState

from ...waiting import wait_for

SEQUENCE, MUTANT = "GASPK", "GASAK"


@pytest.fixture
def state():
    config = SamplerConfig(samples=3, steps=4, seed=7, guidance="temperature", eta=1.0)
    session = Session(load_system(SEQUENCE), config)
    state = ExplorerState(session, None)
    open_second(state, MUTANT)
    yield state
    close_second(state)
    session.close()


def finish(state):
    run_commands.transport(state, "play")
    for session in (state.session, state.second):
        wait_for(lambda session=session: session.current.finished and session.current.last.t == 0)


def test_both_runs_start_from_the_same_noise_and_end_differently(state):
    finish(state)
    one, other = state.session.current, state.second.current
    assert one.config == other.config and other.title == "P4A"
    np.testing.assert_array_equal(one.frames[0].noisy[:, :, 1], other.frames[0].noisy[:, :, 1])
    assert np.abs(one.last.predicted - other.last.predicted).max() > 0.01
    assert titles(state) == ("GASPK", "GASAK (P4A)")


def test_the_second_run_is_that_of_its_sequence_alone(state):
    finish(state)
    alone = Session(load_system(MUTANT), state.session.current.config)
    alone.play()
    wait_for(lambda: alone.current.finished and alone.current.last.t == 0)
    np.testing.assert_array_equal(alone.current.last.predicted, state.second.current.last.predicted)
    alone.close()


def test_both_follow_every_command(state):
    run_commands.set_parameters(state, {"temperature": 400.0})
    assert state.second.current.parameters == state.session.current.parameters
    run_commands.set_speed(state, 5.0)
    assert state.second.player.speed == 5
    run_commands.set_speed(state, None)
    finish(state)
    before = state.session.current.config.seed
    run_commands.transport(state, "play")  # a finished run starts another with a new seed
    assert state.session.current.config.seed != before
    assert state.second.current.config == state.session.current.config
    for session in (state.session, state.second):
        wait_for(lambda session=session: session.current.run is not None)
    run_commands.add_run(state, None)
    assert [len(session.branches) for session in (state.session, state.second)] == [3, 3]
    assert state.second.current.config == state.session.current.config
    new_runs.restart(state, samples=2, steps=3)
    assert state.second.config.samples == 2
    finish(state)
    run_commands.fork(state, 1)
    assert (state.second.current.fork, state.second.current.seed) == (
        state.session.current.fork,
        state.session.current.seed,
    )


def test_a_selected_run_is_compared_with_its_counterpart(state):
    finish(state)
    first = state.session.current
    run_commands.add_run(state, None)
    run_commands.select_branch(state, first.name)
    assert state.second.current.config == first.config
    assert "another run" not in titles(state)[1]
    state.second.restart(SamplerConfig(samples=3, steps=4, seed=8), keep=True)
    assert titles(state)[1].endswith("another run")
    follow(state)
    assert state.second.current.config == first.config


def test_both_pause_and_stop(state):
    run_commands.transport(state, "step")
    for session in (state.session, state.second):
        wait_for(lambda session=session: session.player.status is Status.PAUSED)
        assert session.current.run.state.step == 1
    run_commands.transport(state, "stop")
    assert state.session.player.status is state.second.player.status is Status.STOPPED


def test_energies_of_another_molecule_are_not_computed(state):
    assert not state.second.energies.enabled


def test_what_cannot_be_compared_is_refused_and_changes_nothing(state):
    with pytest.raises(SettingsError, match="equal length"):
        open_second(state, "GASA")
    assert state.second.system.sequence == MUTANT
    with pytest.raises(SettingsError, match="start from noise"):
        new_runs.restart(state, t_start=0.3)
    with pytest.raises(SettingsError, match="The second viewer shows GASAK"):
        run_commands.compare(state, state.session.current.name)
    assert state.session.current.config == state.second.current.config


def test_guidance_that_the_second_lacks_is_refused():
    config = SamplerConfig(samples=2, steps=3, guidance="energy", eta=1.0)
    session = Session(load_system("chignolin"), config)
    state = ExplorerState(session, None)
    with pytest.raises(SettingsError, match="no energy head is bundled"):
        open_second(state, "YYDPATGTWY")
    assert state.second is None
    session.close()


def test_another_protein_ends_the_comparison(state):
    former = new_runs.use_system(state, load_system("NLELE"))
    assert state.second is None
    former.close()


def test_the_mutated_residue_has_a_ramachandran_plot_of_both(state):
    finish(state)
    plots = Plots(state.session.system, second=state.second.system)
    plots.view = "ramachandran"
    one, other = state.session.current, state.second.current
    plots.show([one], one, 4, second=other)
    drawn = [trace for trace in plots.figure.data if trace.visible and "φ" in (trace.name or "")]
    assert [len(trace.x) for trace in drawn] == [3, 3]  # one residue of three conformers
    assert [trace.line.color for trace in drawn] == [palette.branch("A"), palette.SECOND_SEQUENCE]
    assert plots.figure.layout.xaxis3.range == (-180, 180)
    assert plots.figure.layout.yaxis3.range == (-180, 180)
    plots.view = "rmsf"
    plots.show([one], one, 4, second=other)
    assert plots.figure.layout.yaxis3.range is None


def test_a_mutated_end_has_no_torsions(state):
    open_second(state, "AASPK")
    finish(state)
    plots = Plots(state.session.system, second=state.second.system)
    plots.view = "ramachandran"
    one = state.session.current
    plots.show([one], one, 4, second=state.second.current)
    texts = [note.text for note in plots.figure.layout.annotations]
    assert any("the ends have no φ and ψ" in (text or "") for text in texts)
