"""Frames: what is measured on the structures of a step."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import analysis
from confdiff_widgets.live.frame import frame_of_state, measure_structures
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def run(tiny_cfg):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=3, steps=4, seed=1, gamma=0.5))
    for _ in run:
        pass
    return run


def test_the_start_has_positions_only(run, system):
    found = frame_of_state(run.states[0], system)
    assert (found.step, found.t) == (0, 1.0)
    assert found.atom14 is None and found.predicted is None and found.gamma is None
    assert found.extent is None and found.force is None
    np.testing.assert_allclose(found.noisy[:, :, 1], run.states[0].rigid.center().trans, atol=1e-4)


def test_measures_are_those_of_the_analysis(run, system):
    found = frame_of_state(run.states[2], system)
    ca = found.predicted[:, :, 1]
    np.testing.assert_allclose(ca, run.states[2].prediction.center().trans, atol=1e-3)
    np.testing.assert_allclose(found.radius, analysis.radius_of_gyration(ca), rtol=1e-5)
    np.testing.assert_allclose(found.rmsf, analysis.rmsf(ca), rtol=1e-4)
    np.testing.assert_allclose(found.rmsd, analysis.ca_rmsd(ca, system.folded[:, 1]), rtol=1e-4)
    np.testing.assert_allclose(
        found.tics, system.reference.tica.transform(ca)[:, :2], rtol=1e-3, atol=1e-4
    )
    np.testing.assert_array_equal(found.valid[:, 1], analysis.unbroken(ca))
    assert (found.gamma, found.evaluated_t) == (0.5, run.times[1])
    assert found.scores.keys() == {"total", "conditional", "unconditional"}


def test_the_result_is_shown_as_it_is(run, system):
    found = frame_of_state(run.state, system)
    assert found.t == 0
    np.testing.assert_array_equal(found.noisy, found.predicted)


def test_without_a_reference_there_is_neither_a_plane_nor_an_rmsd(run, without_reference):
    found = frame_of_state(run.state, without_reference)
    assert found.tics is None and found.rmsd is None and found.radius is not None


def test_a_single_conformer_has_no_diversity(system):
    atoms = np.random.default_rng(0).normal(size=(1, 10, 14, 3)).astype(np.float32)
    found = measure_structures(atoms, system)
    assert found["diversity"] == 0 and (found["rmsf"] == 0).all()
