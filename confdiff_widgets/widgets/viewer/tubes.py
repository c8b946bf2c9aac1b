"""Chains as smooth tubes on paper: a projection, sorted by depth, paler the farther away.

Each stretch of a tube is a few quadrilaterals over each other: a gap to what lies behind it, an
outline, the body and a highlight. Drawn from back to front, they cross as tubes do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Floats = NDArray[np.floating]

STRETCHES = 16
"""Of a tube, from one residue to the next."""
RADIUS = 0.3
"""Å."""
EYE = 60.0
"""Å from the middle of the picture: a mild perspective."""
HAZE = 0.7
"""How far the farthest fades into the page."""
WIDTHS = (1.7, 1.0, 0.78, 0.25)
"""Half widths of gap, outline, body and highlight, in radii."""
BEHIND = (1.2, 0.4, 0.0, -0.3)
"""How far behind the body each is taken to lie, Å: tubes that touch are not cut by a gap."""
_HALF = np.array(WIDTHS)[:, None, None]


def smooth(ca: Floats, stretches: int) -> Floats:
    """A smooth curve through CA atoms.

    Parameters
    ----------
    ca : ndarray, shape (..., L, 3)
    stretches : int
        Straight pieces from one atom to the next.

    Returns
    -------
    ndarray, shape (..., (L - 1) stretches + 1, 3)
    """
    length = ca.shape[-2]
    at = np.linspace(0, length - 1, (length - 1) * stretches + 1)
    found: Floats = CubicSpline(np.arange(length), ca, axis=-2)(at)
    return found


def draw_tubes(axes: Axes, ca: Floats, colors: Sequence[str]) -> None:
    """Draw chains that are seen along z, and scale the axes to them.

    Parameters
    ----------
    axes : Axes
        In Å.
    ca : ndarray, shape (B, L, 3)
        Å, the middle of the picture at the origin.
    colors : sequence of str
        One a chain, (B,).
    """
    curves = smooth(ca, STRETCHES)
    near = EYE / (EYE - curves[..., 2])  # (B, M) size by perspective
    flat = curves[..., :2] * near[..., None]
    sides = _normals(flat) * (RADIUS * near)[..., None]
    left, right = (flat[:, None] + s * _HALF * sides[:, None] for s in (-1, 1))  # (B, 4, M, 2)
    quads = np.stack([left[:, :, :-1], left[:, :, 1:], right[:, :, 1:], right[:, :, :-1]], axis=-2)
    depth = (curves[:, None, 1:, 2] + curves[:, None, :-1, 2]) / 2  # (B, 1, M - 1)
    fill = _inks(colors, depth)
    order = np.argsort(depth - np.array(BEHIND)[:, None], axis=None, kind="stable")
    quads, fill = quads.reshape(-1, 4, 2)[order], fill.reshape(-1, 3)[order]
    # a thin line of the fill's own colour closes the seams between stretches
    axes.add_collection(
        PolyCollection(list(quads), facecolors=fill, edgecolors=fill, linewidths=0.4)
    )
    reach = np.abs(flat).max(axis=(0, 1)) + 3 * RADIUS
    shape = np.array([axes.bbox.width, axes.bbox.height])
    x, y = shape * (reach / shape).max()
    axes.set(xlim=(-x, x), ylim=(-y, y))


def _normals(flat: Floats) -> Floats:
    """Unit vectors across each curve (B, M, 2)."""
    along = np.gradient(flat, axis=1)
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    return across / np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)


def _inks(colors: Sequence[str], depth: Floats) -> Floats:
    """Colours of the quadrilaterals (B, 4, M - 1, 3)."""
    body = np.array([to_rgb(color) for color in colors])  # (B, 3)
    inks = np.stack([np.ones_like(body), 0.6 * body, body, 0.55 * body + 0.45], axis=1)
    away = (depth.max() - depth) / max(float(np.ptp(depth)), 1e-6)
    haze = HAZE * away[..., None]
    mixed: Floats = inks[:, :, None] * (1 - haze) + haze
    return mixed
