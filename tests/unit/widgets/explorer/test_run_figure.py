"""The figure of a frame."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from confdiff_widgets import palette
from confdiff_widgets.widgets.explorer.display_options import DisplayOptions
from confdiff_widgets.widgets.explorer.run_figure import run_figure
from confdiff_widgets.widgets.viewer.tubes import smooth

STRUCTURES, PLANE = np.s_[100:840, :800], np.s_[130:500, 900:1480]
"""Rows and columns of the panels in the figure."""


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) / 255


def count_pixels(pixels, color):
    """Count the pixels of a colour, also where depth fades it."""
    ink, wanted = 1 - pixels, 1 - np.array(to_rgb(color))
    size = np.linalg.norm(ink, axis=-1)
    alike = ink @ wanted > 0.999 * size * np.linalg.norm(wanted)
    return (alike & (size > 0.15)).sum()


def test_figure_of_a_result(finished):
    session = finished()
    png = run_figure(session, session.current.last)
    seen = pixels(png)
    assert seen.shape == (900, 1600, 3)
    assert len(png) < 400_000
    for i in range(3):
        assert count_pixels(seen[STRUCTURES], palette.conformer(i)) > 20
        assert count_pixels(seen[PLANE], palette.conformer(i)) > 20
    assert count_pixels(seen[PLANE], palette.conformer(3)) == 0


def test_figure_shows_the_selected_conformers(finished):
    session = finished()
    display = DisplayOptions(selected=[2], ghost=False)
    seen = pixels(run_figure(session, session.current.last, display))
    assert count_pixels(seen[STRUCTURES], palette.conformer(2)) > 20
    assert count_pixels(seen[STRUCTURES], palette.conformer(0)) == 0
    assert count_pixels(seen[PLANE], palette.conformer(0)) > 0, "all are on the plane, smaller"


def test_figure_of_noise_has_no_points(finished):
    session = finished()
    seen = pixels(run_figure(session, session.current.frames[0]))
    assert count_pixels(seen[STRUCTURES], palette.conformer(0)) > 20
    assert count_pixels(seen[PLANE], palette.conformer(0)) == 0


def test_figure_without_a_reference(finished, without_reference):
    session = finished(without_reference)
    seen = pixels(run_figure(session, session.current.last))
    assert count_pixels(seen[STRUCTURES], palette.conformer(1)) > 20


def test_the_requested_frame_is_shown(finished):
    session = finished()
    early, late = (pixels(run_figure(session, session.current.frames[k])) for k in (2, 6))
    assert (early[PLANE] != late[PLANE]).any() and (early[STRUCTURES] != late[STRUCTURES]).any()


def test_a_large_batch_stays_small(finished):
    session = finished(samples=24)
    assert len(run_figure(session, session.current.frames[1])) < 400_000


@pytest.mark.parametrize("segments", [1, 5])
def test_smoothed_chains_pass_through_the_atoms(segments):
    ca = np.random.default_rng(0).normal(size=(2, 7, 3))
    curve = smooth(ca, segments)
    assert curve.shape == (2, 6 * segments + 1, 3)
    np.testing.assert_allclose(curve[:, ::segments], ca, atol=1e-12)
