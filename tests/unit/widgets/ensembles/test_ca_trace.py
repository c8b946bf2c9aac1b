"""Traces through CA atoms, for structures without a backbone."""

from __future__ import annotations

import numpy as np

from confdiff_widgets.ensembles import EnsembleData
from confdiff_widgets.widgets.ensembles.ca_trace import (
    backbone_or_trace,
    frame_backbones,
    trace,
)

CA = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)


def test_n_and_c_divide_the_lines_between_ca_atoms_into_thirds():
    found = trace(CA)
    np.testing.assert_array_equal(found[:, :, 1], CA)
    np.testing.assert_allclose(found[:, :-1, 2], CA[:, :-1] + np.diff(CA, axis=1) / 3, atol=1e-6)
    np.testing.assert_allclose(found[:, 1:, 0], CA[:, 1:] - np.diff(CA, axis=1) / 3, atol=1e-6)
    np.testing.assert_array_equal(found[:, :, 3], found[:, :, 2])
    np.testing.assert_array_equal(found[:, 0, 0], CA[:, 0])  # the ends have no neighbour


def test_a_backbone_is_preferred():
    backbone = np.zeros((2, 5, 4, 3), dtype=np.float32)
    assert backbone_or_trace(CA, backbone) is backbone
    data = EnsembleData("a", "ACDEF", CA)
    np.testing.assert_array_equal(frame_backbones(data, [1]), trace(CA[1:]))
