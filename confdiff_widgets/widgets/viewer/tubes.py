"""Smooth tubes in matplotlib figures: a projection, sorted by depth, with fog.

Each segment of a tube consists of quadrilaterals on top of each other: a gap in the colour of the
page that separates it from tubes behind it, an outline, the body and a highlight. They are drawn
from back to front.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

Floats = NDArray[np.floating]

SEGMENTS = 16
"""Segments of a tube per residue."""
RADIUS = 0.3
"""Radius of a tube (Å)."""
CAMERA_DISTANCE = 60.0
"""Distance (Å) of the camera from the origin."""
FOG = 0.7
"""Fraction of the page's colour that is mixed into the most distant segment."""
WIDTHS = (1.7, 1.0, 0.78, 0.25)
"""Half widths of gap, outline, body and highlight, in radii."""
DEPTH_OFFSETS = (1.2, 0.4, 0.0, -0.3)
"""Distances (Å) behind the body at which the four are sorted; tubes that touch have no gap."""
_HALF_WIDTHS = np.array(WIDTHS)[:, None, None]


def smooth(ca: Floats, segments: int) -> Floats:
    """Return cubic splines through CA atoms.

    Parameters
    ----------
    ca : ndarray, shape (..., L, 3)
    segments : int
        Line segments from one atom to the next.

    Returns
    -------
    ndarray, shape (..., (L - 1) segments + 1, 3)
    """
    from scipy.interpolate import CubicSpline  # slow to import

    length = ca.shape[-2]
    at = np.linspace(0, length - 1, (length - 1) * segments + 1)
    curve: Floats = CubicSpline(np.arange(length), ca, axis=-2)(at)
    return curve


def draw_tubes(axes: Axes, ca: Floats, colors: Sequence[str]) -> None:
    """Draw chains as seen along z, and scale the axes to fit them.

    Parameters
    ----------
    axes : Axes
        Its unit is Å.
    ca : ndarray, shape (B, L, 3)
        Å, centred on the origin.
    colors : sequence of str, length B
    """
    curves = smooth(ca, SEGMENTS)
    perspective = CAMERA_DISTANCE / (CAMERA_DISTANCE - curves[..., 2])  # (B, M)
    flat = curves[..., :2] * perspective[..., None]
    sides = _normals(flat) * (RADIUS * perspective)[..., None]
    # both (B, 4, M, 2)
    left, right = (flat[:, None] + sign * _HALF_WIDTHS * sides[:, None] for sign in (-1, 1))
    quads = np.stack([left[:, :, :-1], left[:, :, 1:], right[:, :, 1:], right[:, :, :-1]], axis=-2)
    depth = (curves[:, None, 1:, 2] + curves[:, None, :-1, 2]) / 2  # (B, 1, M - 1)
    fill = _fill_colors(colors, depth)
    order = np.argsort(depth - np.array(DEPTH_OFFSETS)[:, None], axis=None, kind="stable")
    quads, fill = quads.reshape(-1, 4, 2)[order], fill.reshape(-1, 3)[order]
    # a thin line of the same colour closes the seams between segments
    axes.add_collection(
        PolyCollection(list(quads), facecolors=fill, edgecolors=fill, linewidths=0.4)
    )
    reach = np.abs(flat).max(axis=(0, 1)) + 3 * RADIUS
    shape = np.array([axes.bbox.width, axes.bbox.height])
    x, y = shape * (reach / shape).max()
    axes.set(xlim=(-x, x), ylim=(-y, y))


def _normals(flat: Floats) -> Floats:
    """Return unit normals of curves (B, M, 2)."""
    tangents = np.gradient(flat, axis=1)
    normals = np.stack([-tangents[..., 1], tangents[..., 0]], axis=-1)
    return normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)


def _fill_colors(colors: Sequence[str], depth: Floats) -> Floats:
    """Return the colours (B, 4, M - 1, 3) of gaps, outlines, bodies and highlights."""
    body = np.array([to_rgb(color) for color in colors])  # (B, 3)
    fill = np.stack([np.ones_like(body), 0.6 * body, body, 0.55 * body + 0.45], axis=1)
    distance = (depth.max() - depth) / max(float(np.ptp(depth)), 1e-6)
    fog = FOG * distance[..., None]
    mixed: Floats = fill[:, :, None] * (1 - fog) + fog
    return mixed
