"""The plots of the Explorer: TIC plane, energies and curves in one plotly figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ... import palette
from ...guidance.sampled_temperature import SampledTemperature
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.own_ensemble import OwnEnsemble
from ...proteins.mutations import mutated_residues
from ...proteins.system import System
from ..plotly_figure import UNUSED_BUTTONS, figure_widget
from .background import background_at, compared_temperature, coordinates
from .captions import conformer_label
from .curve_traces import CurveTraces
from .curves import ANGLES, VIEWS, ramachandran_view

TRAIL = 6
"""Number of frames in a trail on the TIC plane."""
MAX_TRAILS = 64
"""Maximum number of conformers with trails."""
MAX_BRANCHES = 6
"""Maximum number of branches that are drawn."""
MAX_POINTS = 2000
"""Maximum number of points of the current branch on the TIC plane."""
MAX_OTHER_POINTS = 200
"""Maximum number of points of each other branch."""

HEIGHTS = [0.5, 0.25, 0.25]
"""Relative heights of the plots, from the top, without the gaps."""
GAP = 0.13
"""Gap between two plots at the default font size, as a fraction of the figure."""
MARGIN = {"l": 48, "r": 12, "t": 24, "b": 32}
"""Margins of the figure (CSS pixels) at the default font size."""
DEFAULT_FONT_SIZE = 13
"""Font size (CSS pixels) of the page."""


class Plots:
    """TIC plane, energies, and one of several curves.

    Parameters
    ----------
    system : System
    no_energy : str
        Why there are no OpenMM energies; empty if there are.
    own : OwnEnsemble, optional
        The ensemble of the model itself, for a sequence without a reference.
    second : System, optional
        A compared sequence of the same length.

    Attributes
    ----------
    figure : plotly.graph_objects.FigureWidget
    view : str
        View of the lowest plot, a key of `VIEWS`.
    background : Background
        Free energy behind the plane, at the temperature of the run that is shown.
    """

    def __init__(
        self,
        system: System,
        no_energy: str = "",
        own: OwnEnsemble | None = None,
        second: System | None = None,
    ):
        self.system, self._no_energy, self._own = system, no_energy, own
        self._views = dict(VIEWS)
        if second is not None:
            mutated = mutated_residues(system.sequence, second.sequence)
            self._views["ramachandran"] = ramachandran_view(mutated)
        self.view = next(iter(VIEWS))
        figure = make_subplots(rows=3, cols=1, row_heights=HEIGHTS, vertical_spacing=GAP)
        self.figure = figure_widget(figure)
        self._temperature: SampledTemperature | None = None
        self.background = background_at(system, None, own)
        self._add_background()
        add = self.figure.add_trace
        add(go.Scatter(mode="lines", hoverinfo="skip", line={"width": 1}, name="trails"), 1, 1)
        add(go.Scatter(mode="markers", hoverinfo="skip", name="other branches",
                       marker={"size": 5, "symbol": "circle-open"}), 1, 1)  # fmt: skip
        add(go.Scatter(mode="markers", name="batch", hovertemplate="%{text}<extra></extra>",
                       marker={"size": 9, "line": {"width": 1}},
                       selected={"marker": {"opacity": 1}},
                       unselected={"marker": {"opacity": 0.25}}), 1, 1)  # fmt: skip
        self._trails, self._others, self._points = self.figure.data[-3:]
        self._energy = CurveTraces(self.figure, 2, MAX_BRANCHES)
        self._lower = CurveTraces(self.figure, 3, MAX_BRANCHES)
        self._order: list[int] = []
        self._lay_out()

    def dark(self, dark: bool) -> None:
        """Use the colours of the dark or the light theme."""
        theme, grid = palette.DARK if dark else palette.LIGHT, palette.GRID
        axis = {"gridcolor": grid, "zerolinecolor": grid, "color": theme.plot_text}
        with self.figure.batch_update():
            self.figure.update_xaxes(**axis)
            self.figure.update_yaxes(**axis)
            self.figure.update_layout(
                font={"color": theme.plot_text}, hoverlabel={"bgcolor": theme.background}
            )
            self._points.marker.line.color = theme.marker_outline
            self._trails.line.color = theme.trail

    def font_size(self, pixels: float) -> None:
        """Follow the font size of the page (CSS pixels); that of the plots is a little smaller."""
        scale = pixels / DEFAULT_FONT_SIZE
        margin = {side: round(width * scale) for side, width in MARGIN.items()}
        with self.figure.batch_update():
            self.figure.update_layout(font={"size": round(11 * scale)}, margin=margin)
            self.figure.layout.title.font.size = round(12 * scale)
            gap, top = min(GAP * scale, 0.2), 1.0
            for row, share in enumerate(HEIGHTS, 1):
                bottom = max(top - (1 - 2 * gap) * share, 0.0)
                self.figure.update_yaxes(domain=(bottom, top), row=row, col=1)
                top = bottom - gap

    def show(
        self,
        branches: Sequence[Branch],
        current: Branch,
        step: int,
        highlighted: Sequence[int] = (),
        *,
        second: Branch | None = None,
    ) -> None:
        """Draw the curves up to the newest frame, and the batch at a step.

        Parameters
        ----------
        branches : sequence of Branch
        current : Branch
        step : int
        highlighted : sequence of int
            Conformers to highlight; empty for none.
        second : Branch, optional
            Run of the compared sequence.
        """
        frame = current.nearest(step)
        others = [b for b in branches if b is not current][: MAX_BRANCHES - 1 - bool(second)]
        same = [current, *others]
        shown = [current, *([] if second is None else [second]), *others]
        colors = [palette.SECOND_SEQUENCE if b is second else palette.branch(b.name) for b in shown]
        with self.figure.batch_update():
            self._follow_temperature(compared_temperature(self.system, current))
            self._tics(shown, frame, colors, second)
            own_colors = [palette.branch(b.name) for b in same]
            band = self.background.energies
            self._energy.draw(VIEWS["energy"], same, frame, own_colors, self._no_energy, band)
            self._lower.draw(self._views[self.view], shown, frame, colors)
            self.highlight(highlighted)
            self._label_axes()
            self._set_x_ranges(shown)

    def highlight(self, conformers: Sequence[int]) -> None:
        """Fade the other points; an empty list fades none."""
        points = [i for i in conformers if i < len(self._order)] or None
        with self.figure.batch_update():
            if self._points.selectedpoints != (tuple(points) if points else None):
                self._points.selectedpoints = points
            self._energy.highlight(conformers)

    def on_points(
        self,
        *,
        clicked: Callable[[int], None],
        hovered: Callable[[int | None], None],
        selected: Callable[[list[int]], None],
    ) -> None:
        """Call back with conformers that are clicked, under the mouse or selected, in any plot."""

        def first(points: Any) -> int | None:
            return self._order[points.point_inds[0]] if points.point_inds else None

        def click(_: Any, points: Any, __: Any) -> None:
            if (index := first(points)) is not None:
                clicked(index)

        self._points.on_click(click)

        def hover(_: Any, points: Any, __: Any) -> None:
            if (
                index := first(points)
            ) is not None:  # plotly calls all traces, most of them without points
                hovered(index)

        self._points.on_hover(hover)
        self._points.on_unhover(lambda *_: hovered(None))

        def lasso(_: Any, points: Any, __: Any) -> None:
            if points.point_inds:  # plotly also reports selections made by this class, as empty
                selected([self._order[i] for i in points.point_inds])

        self._points.on_selection(lasso)
        self._energy.on_points(clicked=clicked, hovered=hovered)

    # --- inside -----------------------------------------------------------------------------

    def _add_background(self) -> None:
        if self.system.reference is None and self._own is None:
            self.figure.add_annotation(
                text=self.background.title, showarrow=False,
                xref="x domain", yref="y domain", x=0.5, y=0.5,
            )  # fmt: skip
            return
        self.figure.add_trace(
            go.Heatmap(
                colorscale=palette.SURFACE, hoverinfo="skip", name="reference",
                colorbar={"title": {"text": "F (kcal/mol)", "side": "right"}, "thickness": 10,
                          "len": 0.46, "y": 0.78, "outlinewidth": 0},
            ),
            1, 1,
        )  # fmt: skip
        self._draw_background()

    def _draw_background(self) -> None:
        surface, heatmap = self.background.surface, self.figure.data[0]
        heatmap.visible = surface is not None
        if surface is not None:
            x = (surface.x_edges[1:] + surface.x_edges[:-1]) / 2
            y = (surface.y_edges[1:] + surface.y_edges[:-1]) / 2
            z = _without_nan(np.round(surface.values.T, 2))
            heatmap.update(x=x.astype(np.float32), y=y.astype(np.float32), z=z)

    def _follow_temperature(self, temperature: SampledTemperature | None) -> None:
        """Show the free energy at another temperature, or one that has been sampled meanwhile."""
        if self._own is None and (temperature == self._temperature or not self.system.reference):
            return
        self._temperature, former = temperature, self.background
        self.background = background_at(self.system, temperature, self._own)
        if self.background.surface is not former.surface:
            self._draw_background()
            if former.surface is None:
                self._set_plane_range()
        if self.background.title != former.title:
            self.figure.layout.title.text = self.background.title

    def _lay_out(self) -> None:
        explained = self.system.reference is not None or self._own is not None
        title = self.background.title if explained else "TIC plane"
        self.figure.update_layout(
            margin=MARGIN, autosize=True,
            showlegend=False, paper_bgcolor=palette.TRANSPARENT, plot_bgcolor=palette.TRANSPARENT,
            font={"size": 11}, hovermode="closest", dragmode="lasso", uirevision="kept",
            title={"text": title, "font": {"size": 12}, "x": 0, "xref": "paper", "y": 0.985},
            modebar={"orientation": "v", "bgcolor": palette.TRANSPARENT, "remove": UNUSED_BUTTONS},
        )  # fmt: skip
        x, y = self.background.axes
        self.figure.update_xaxes(title_text=x, title_standoff=0, row=1, col=1)
        self.figure.update_yaxes(title_text=y, title_standoff=0, row=1, col=1)
        self._set_plane_range()
        for row in (2, 3):
            self.figure.update_xaxes(title_standoff=0, zeroline=False, row=row)
            self.figure.update_yaxes(title_standoff=0, zeroline=False, row=row)
        self._label_axes()

    def _set_plane_range(self) -> None:
        if (surface := self.background.surface) is not None:
            self.figure.update_xaxes(range=_widened(surface.x_edges), row=1, col=1)
            self.figure.update_yaxes(range=_widened(surface.y_edges), row=1, col=1)

    def _label_axes(self) -> None:
        layout = self.figure.layout
        for row, view in ((2, VIEWS["energy"]), (3, self._views[self.view])):
            x, kind = layout[f"xaxis{row}"], "log" if view.log else "linear"
            if (x.title.text, layout[f"yaxis{row}"].type) != (view.x, kind):
                x.title.text = view.x
                layout[f"yaxis{row}"].type = kind

    def _set_x_ranges(self, shown: Sequence[Branch]) -> None:
        for row, view in ((2, VIEWS["energy"]), (3, self._views[self.view])):
            axis, span = self.figure.layout[f"xaxis{row}"], view.span(shown)
            if axis.range != span:
                axis.update(range=span, autorange=span is None)
        axis = self.figure.layout.yaxis3
        span = ANGLES if self._views[self.view].against == "angle" else None
        if span or axis.range == ANGLES:
            axis.update(range=span, autorange=span is None)

    def _tics(
        self,
        shown: Sequence[Branch],
        frame: Frame | None,
        colors: Sequence[str],
        second: Branch | None,
    ) -> None:
        place = self._place(frame)
        if frame is None or place is None:
            self._points.update(x=[], y=[], text=[])
            self._trails.update(x=[], y=[])
        else:
            self._order = list(range(min(len(place), MAX_POINTS)))
            points = place[self._order].astype(np.float32)
            energies = shown[0].openmm.get(frame.step)
            values = shown[0].values.get(frame.step)
            self._points.update(
                x=points[:, 0], y=points[:, 1],
                text=[conformer_label(frame, i, energies, values) for i in self._order],
                marker={"color": [palette.conformer(i) for i in self._order]},
            )  # fmt: skip
            trail = self._trail(shown[0], frame.step)
            self._trails.update(x=trail[:, 0], y=trail[:, 1])
        step = 0 if frame is None else frame.step
        ends = [self._place(b.nearest(step) if b is second else b.last) for b in shown[1:]]
        paired = zip(colors[1:], ends, strict=True)
        others = [(color, end[:MAX_OTHER_POINTS]) for color, end in paired if end is not None]
        points = np.concatenate([np.zeros((0, 2)), *(end for _, end in others)])
        if len(points) or self._others.x is not None:
            points = points.astype(np.float32)
            each = [color for color, end in others for _ in end]
            self._others.update(x=points[:, 0], y=points[:, 1], marker={"color": each})

    def _place(self, frame: Frame | None) -> np.ndarray | None:
        return None if frame is None else coordinates(frame, self._own, self.system.reference)

    def _trail(self, branch: Branch, step: int) -> np.ndarray:
        """Return the paths of conformers over the last frames, (n, 2), separated by NaN."""
        frames = [f for f in branch.in_order() if f.step <= step][-TRAIL:]
        past = [place for f in frames if (place := self._place(f)) is not None]
        if len(past) < 2:
            return np.zeros((0, 2), np.float32)
        paths = np.stack(past, axis=1)[:MAX_TRAILS]  # (B, frames, 2)
        gap = np.full((len(paths), 1, 2), np.nan)
        return np.concatenate([paths, gap], axis=1).reshape(-1, 2).astype(np.float32)


def _widened(edges: np.ndarray) -> tuple[float, float]:
    margin = 0.15 * (edges[-1] - edges[0])
    return float(edges[0] - margin), float(edges[-1] + margin)


def _without_nan(values: np.ndarray) -> list[list[float | None]]:
    """Replace NaN by None: 2-D arrays are sent as JSON, which has no NaN."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in values]
