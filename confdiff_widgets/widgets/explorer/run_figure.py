"""Draw a frame of a run as a PNG, without a browser."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ... import palette
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from ...proteins.minimised_energies import EnergyBand
from ...proteins.system import System
from ..viewer.scene import Placement
from ..viewer.tubes import draw_tubes
from .background import Background, background_at, compared_temperature, coordinates
from .captions import settings_line, step_line, title_line
from .curves import VIEWS, CurveView
from .display_options import DisplayOptions
from .energy_curve import band_note

Range = tuple[float, float]

WIDTH, HEIGHT, DPI = 1600, 900, 100
TEXT, MUTED, LINE = palette.PRINT_TEXT, palette.PRINT_MUTED, palette.PRINT_LINE
DASHES = {"solid": "-", "dot": ":", "dash": "--", "dashdot": "-."}
STRUCTURES = (0.01, 0.09, 0.5, 0.78)
"""Left, bottom, width and height of the structures in the figure."""
PERSPECTIVE = 1.2
"""How much larger the nearest atoms of a protein are drawn, with some space."""
SCALE_BAR = 5.0
"""Length of the scale bar (Å)."""


def run_figure(session: Session, frame: Frame, display: DisplayOptions | None = None) -> bytes:
    """Draw the conformers, their place on the TIC plane, and the energies and diversity of the run.

    Parameters
    ----------
    session : Session
        Its current branch is shown.
    frame : Frame
        A frame of that branch.
    display : DisplayOptions, optional
        Which conformers are drawn, x_t or x̂₀, and with or without the folded structure. They are
        always drawn as tubes in their colours. Default: the first eight.

    Returns
    -------
    bytes
        A PNG of 1600 by 900 pixels.
    """
    png = io.BytesIO()
    draw_run(session, session.current, frame, display or DisplayOptions()).print_png(png)
    return png.getvalue()


def draw_run(
    session: Session,
    branch: Branch,
    frame: Frame,
    display: DisplayOptions,
    *,
    scale: float = 1.0,
    limits: Limits | None = None,
) -> FigureCanvasAgg:
    """Lay the figure of a branch out; the canvas draws it.

    Parameters
    ----------
    session : Session
    branch : Branch
    frame : Frame
        A frame of the branch.
    display : DisplayOptions
        As for :func:`run_figure`.
    scale : float
        Size relative to 1600 by 900 pixels.
    limits : Limits, optional
        Default: structures and points fill their parts of the figure.
    """
    system = session.system
    size = (WIDTH / DPI, HEIGHT / DPI)
    figure = Figure(figsize=size, dpi=scale * DPI, facecolor=palette.LIGHT.background)
    canvas = FigureCanvasAgg(figure)
    figure.text(0.025, 0.945, title_line(session, branch), size=21, weight="bold", color=TEXT)
    caption = f"{step_line(branch, frame)}  ·  {settings_line(branch, frame)}"
    figure.text(0.025, 0.902, caption, size=13.5, color=MUTED)
    structures = figure.add_axes(STRUCTURES)
    _structures(structures, system, frame, display)
    drawn = display.drawn_conformers(frame)
    own = session.own_ensemble
    background = background_at(system, compared_temperature(system, branch), own)
    place = coordinates(frame, own, system.reference)
    plane = figure.add_axes((0.575, 0.475, 0.36, 0.365))
    _plane(plane, background, place, drawn)
    if limits is not None:
        structures.set(xlim=limits.structures[0], ylim=limits.structures[1])
        plane.set(xlim=limits.plane[0], ylim=limits.plane[1])
    _draw_scale_bar(structures)
    for left, view in ((0.575, VIEWS["energy"]), (0.81, VIEWS["diversity"])):
        axes = figure.add_axes((left, 0.09, 0.165, 0.255))
        _draw_curves(axes, view, branch, frame, background.energies)
    return canvas


@dataclass(frozen=True)
class Limits:
    """Ends of the x and of the y axis that are the same for all steps of a film.

    Attributes
    ----------
    structures : tuple
        Å.
    plane : tuple
        In units of the plane's axes; None leaves them as they are.
    """

    structures: tuple[Range, Range]
    plane: tuple[Range | None, Range | None]


def limits_of(
    session: Session, branch: Branch, frames: Sequence[Frame], display: DisplayOptions
) -> Limits:
    """Return the limits within which all frames are visible."""
    system, own = session.system, session.own_ensemble
    chains = [_chains(system, frame, display) for frame in frames]
    half = max(float(np.abs(ca[..., :2]).max()) for ca in chains) * PERSPECTIVE
    width, height = STRUCTURES[2] * WIDTH, STRUCTURES[3] * HEIGHT
    x, y = half * max(1.0, width / height), half * max(1.0, height / width)
    places = [coordinates(frame, own, system.reference) for frame in frames]
    points = [place for place in places if place is not None]
    surface = background_at(system, compared_temperature(system, branch), own).surface
    if surface is not None:
        points.append(np.stack([surface.x_edges[[0, -1]], surface.y_edges[[0, -1]]], axis=1))
    return Limits(((-x, x), (-y, y)), _ends(points))


def _ends(points: Sequence[NDArray[np.floating]]) -> tuple[Range | None, Range | None]:
    if not points:
        return None, None
    every = np.concatenate(points)
    low, high = every.min(0), every.max(0)
    space = 0.04 * (high - low)
    (x, y) = zip((low - space).tolist(), (high + space).tolist(), strict=True)
    return x, y


def _chains(system: System, frame: Frame, display: DisplayOptions) -> NDArray[np.floating]:
    """Return the CA atoms of the conformers that are drawn, after those of the folded structure."""
    predicted = None if display.shown == "noisy" else frame.predicted
    backbone = frame.noisy if predicted is None else predicted
    folded = None if system.folded is None else system.folded[:, :4]
    placement = Placement(folded)
    chains = placement.aligned(backbone[display.drawn_conformers(frame)])
    if display.ghost and placement.target is not None:
        chains = np.concatenate([placement.target[None], chains])
    return chains[:, :, 1]


def _structures(axes: Axes, system: System, frame: Frame, display: DisplayOptions) -> None:
    """Draw conformers as tubes, superposed on the folded structure."""
    noisy = frame.predicted is None or display.shown == "noisy"
    drawn = display.drawn_conformers(frame)
    chains = _chains(system, frame, display)
    ghost = len(chains) > len(drawn)
    colors = [palette.GHOST] * ghost + [palette.conformer(i) for i in drawn]
    draw_tubes(axes, chains, colors)
    axes.set_axis_off()
    axes.text(0.03, -0.04, _describe(frame, drawn, noisy=noisy, ghost=ghost),
              transform=axes.transAxes, color=MUTED, size=13)  # fmt: skip


def _draw_scale_bar(axes: Axes) -> None:
    low, high = axes.get_xlim()
    axes.plot([0.03, 0.03 + SCALE_BAR / (high - low)], [0.0, 0.0], transform=axes.transAxes,
              color=TEXT, linewidth=2, clip_on=False)  # fmt: skip
    axes.text(0.03, 0.012, f"{SCALE_BAR:g} Å", transform=axes.transAxes, color=TEXT, size=13)


def _describe(frame: Frame, drawn: list[int], *, noisy: bool, ghost: bool) -> str:
    count = len(frame.noisy)
    conformers = f"{len(drawn)} of {count} conformers" if len(drawn) < count else "The conformers"
    if len(drawn) == 1 and count > 1:
        conformers = f"Conformer {drawn[0]} of {count}"
    what = r"noise, $x_t$" if noisy else r"predictions $\hat{x}_0$"
    if frame.t == 0:
        what = "result"
    return f"{conformers}, {what}" + ("; folded structure in grey" if ghost else "")


def _plane(
    axes: Axes, background: Background, place: NDArray[np.floating] | None, drawn: list[int]
) -> None:
    """Draw the batch over the free energy, with larger points for `drawn`."""
    _style_axes(axes, background.title, *background.axes)
    surface = background.surface
    if surface is not None:
        shades = LinearSegmentedColormap.from_list("surface", palette.SURFACE)
        image = axes.pcolormesh(surface.x_edges, surface.y_edges, surface.values.T, cmap=shades)
        bar = axes.figure.colorbar(image, ax=axes, pad=0.025, fraction=0.045, aspect=16)
        bar.set_label("F (kcal/mol)", size=13, color=TEXT)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=12, color=LINE, labelcolor=MUTED)
    if place is None:
        return
    large = np.isin(np.arange(len(place)), drawn)
    if not large.all():
        axes.text(0.99, 0.03, "large points: conformers on the left", transform=axes.transAxes,
                  ha="right", size=12, color=MUTED)  # fmt: skip
    colors = np.array([palette.conformer(i) for i in range(len(large))])
    for group, size in ((~large, 26), (large, 95)):
        x, y = place[group].T
        outline = palette.LIGHT.marker_outline
        axes.scatter(x, y, size, colors[group], zorder=3, edgecolors=outline, linewidths=1.2)


def _draw_curves(
    axes: Axes, view: CurveView, branch: Branch, frame: Frame, band: EnergyBand | None
) -> None:
    """Draw curves of the branch against the step; a dotted line marks the frame."""
    _style_axes(axes, view.title, view.x, view.y)
    lines, note = view.lines([branch], frame)
    color = palette.branch(branch.name)
    for line in lines:
        style: dict[str, Any] = {
            "marker": ".",
            "linestyle": "",
            "alpha": 0.45,
            "markeredgewidth": 0,
        }
        if not line.markers:
            style = {"linestyle": DASHES[line.dash], "linewidth": line.width}
        axes.plot(line.x, line.y, color=color, **style)
    axes.set_xlim(-0.02 * branch.steps, 1.02 * branch.steps)
    axes.axvline(frame.step, color=palette.GHOST, linestyle=":", linewidth=1)
    if not lines:
        axes.set_yticks([])
    if view.range is not None and band is not None:
        axes.axhspan(band.mean - band.sd, band.mean + band.sd, color=palette.GHOST, alpha=0.3, lw=0)
        note += f", {band_note(band)}"
    scale = view.range and view.range([branch], band)
    if scale:
        axes.set_ylim(*scale)
    axes.text(0.98, 0.97, fill(note, 24), transform=axes.transAxes, ha="right", va="top", size=11,
              color=MUTED)  # fmt: skip


def _style_axes(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left", size=14, color=TEXT, pad=8)
    axes.set_xlabel(x, size=13, color=TEXT)
    axes.set_ylabel(y, size=13, color=TEXT)
    axes.tick_params(labelsize=12, color=LINE, labelcolor=MUTED)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.spines[["top", "right"]].set_visible(False)
