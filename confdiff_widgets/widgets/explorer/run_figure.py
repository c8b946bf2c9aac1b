"""Draw a frame of a run as a PNG, without a browser."""

from __future__ import annotations

import io
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

WIDTH, HEIGHT, DPI = 1600, 900, 100
TEXT, MUTED, LINE = palette.PRINT_TEXT, palette.PRINT_MUTED, palette.PRINT_LINE
DASHES = {"solid": "-", "dot": ":", "dash": "--", "dashdot": "-."}
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
    branch, system, display = session.current, session.system, display or DisplayOptions()
    size = (WIDTH / DPI, HEIGHT / DPI)
    figure = Figure(figsize=size, dpi=DPI, facecolor=palette.LIGHT.background)
    canvas = FigureCanvasAgg(figure)
    figure.text(0.025, 0.945, title_line(session), size=21, weight="bold", color=TEXT)
    caption = f"{step_line(branch, frame)}  ·  {settings_line(branch, frame)}"
    figure.text(0.025, 0.902, caption, size=13.5, color=MUTED)
    _structures(figure.add_axes((0.01, 0.09, 0.5, 0.78)), system, frame, display)
    drawn = display.drawn_conformers(frame)
    own = session.own_ensemble
    background = background_at(system, compared_temperature(system, branch), own)
    place = coordinates(frame, own, system.reference)
    _plane(figure.add_axes((0.575, 0.475, 0.36, 0.365)), background, place, drawn)
    for left, view in ((0.575, VIEWS["energy"]), (0.81, VIEWS["diversity"])):
        axes = figure.add_axes((left, 0.09, 0.165, 0.255))
        _draw_curves(axes, view, branch, frame, background.energies)
    png = io.BytesIO()
    canvas.print_png(png)
    return png.getvalue()


def _structures(axes: Axes, system: System, frame: Frame, display: DisplayOptions) -> None:
    """Draw conformers as tubes, superposed on the folded structure."""
    noisy = frame.predicted is None or display.shown == "noisy"
    backbone = frame.noisy if frame.predicted is None or noisy else frame.predicted
    folded = None if system.folded is None else system.folded[:, :4]
    placement = Placement(folded)
    drawn = display.drawn_conformers(frame)
    chains = placement.aligned(backbone[drawn])
    colors = [palette.conformer(i) for i in drawn]
    ghost = display.ghost and folded is not None
    if ghost and placement.target is not None:
        chains = np.concatenate([placement.target[None], chains])
        colors = [palette.GHOST, *colors]
    draw_tubes(axes, chains[:, :, 1], colors)
    axes.set_axis_off()
    low, high = axes.get_xlim()
    axes.plot([0.03, 0.03 + SCALE_BAR / (high - low)], [0.0, 0.0], transform=axes.transAxes,
              color=TEXT, linewidth=2, clip_on=False)  # fmt: skip
    for y, text, color in (
        (0.012, f"{SCALE_BAR:g} Å", TEXT),
        (-0.04, _describe(frame, drawn, noisy=noisy, ghost=ghost), MUTED),
    ):
        axes.text(0.03, y, text, transform=axes.transAxes, color=color, size=13)


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
        note += f", MD at {band.temperature:.0f} K in grey"
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
