"""Strings of images on curves with known length."""

import math

import pytest
import torch

from confdiff_widgets.sampling.pathways.metric import FrameMetric, inner
from confdiff_widgets.sampling.pathways.polyline import arc_lengths, space_equally, tangents

METRIC = FrameMetric(1.0, invariant=False)


def circle(angles, at_points):
    return at_points([[math.cos(a), math.sin(a), 0] for a in angles])


def test_images_of_an_arc_become_equally_spaced(at_points):
    uneven = [math.pi * (k / 99) ** 2 for k in range(100)]
    images = space_equally(METRIC, circle(uneven, at_points), 17)
    steps = arc_lengths(METRIC, images).diff()
    assert len(steps) == 16
    assert steps.max() / steps.min() == pytest.approx(1, abs=1e-3)
    assert steps.sum() == pytest.approx(math.pi, rel=5e-3)
    torch.testing.assert_close(images.trans[[0, -1], 0, 0], torch.tensor([1.0, -1.0]).double())


def test_tangents_of_an_arc(at_points):
    angles = [math.pi * k / 40 for k in range(41)]
    found = tangents(METRIC, circle(angles, at_points))
    exact = torch.tensor([[-math.sin(a), math.cos(a), 0, 0, 0, 0] for a in angles]).double()
    assert inner(found, exact[:, None])[1:-1].min() > 1 - 1e-6
    assert inner(found, exact[:, None]).min() > 0.999
