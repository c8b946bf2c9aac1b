"""The plotly traces that draw the curves of a view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ... import palette
from ...live.branch import Branch
from ...live.frame import Frame
from ...proteins.minimised_energies import EnergyBand
from .curve_lines import Line
from .curves import CurveView
from .energy_curve import ESTIMATE, beyond_axis

CONFORMERS = [
    [(k + end) / len(palette.CONFORMERS), color]
    for k, color in enumerate(palette.CONFORMERS) for end in (0, 1)
]  # fmt: skip
"""Stepped scale of the conformers' colours: numbers are sent as bytes, colours as text."""


class CurveTraces:
    """The line traces of one subplot, created once and updated with each draw."""

    def __init__(self, figure: go.FigureWidget, row: int, branches: int):
        self._figure = figure
        self._row = row
        count = 3 * branches + 4
        for _ in range(count):
            figure.add_trace(go.Scatter(mode="lines", visible=False), row, 1)
        self._traces = figure.data[-count:]
        self._conformers: NDArray[np.int64] | None = None
        figure.add_annotation(
            text="", showarrow=False, xref=f"x{row} domain", yref=f"y{row} domain",
            x=0, xanchor="left", y=1, yanchor="bottom",
        )  # fmt: skip
        self._heading = len(figure.layout.annotations) - 1
        figure.add_shape(
            type="line", x0=0, x1=0, y0=0, y1=1, xref=f"x{row}", yref=f"y{row} domain",
            line={"width": 1, "dash": "dot", "color": palette.GHOST}, visible=False,
        )  # fmt: skip
        self._cursor = len(figure.layout.shapes) - 1
        figure.add_shape(
            type="rect", x0=0, x1=1, y0=0, y1=0, xref=f"x{row} domain", yref=f"y{row}",
            line={"width": 0}, fillcolor=palette.BAND, layer="below", visible=False,
        )  # fmt: skip
        self._band = len(figure.layout.shapes) - 1

    def draw(
        self,
        view: CurveView,
        branches: Sequence[Branch],
        frame: Frame | None,
        colors: Sequence[str],
        unavailable: str = "",
        band: EnergyBand | None = None,
    ) -> None:
        """Draw a view; call it inside ``figure.batch_update()``.

        Parameters
        ----------
        view : CurveView
        branches : sequence of Branch
        frame : Frame or None
            Frame of the first branch that is shown.
        colors : sequence of str
            Colours of the branches.
        unavailable : str
            Why there are no OpenMM energies; replaces their part of the note.
        band : EnergyBand, optional
            Energies of the reference.
        """
        lines, note = view.lines(branches, frame)
        if unavailable:
            note = f"{ESTIMATE}, {unavailable}" if note.startswith(ESTIMATE) else unavailable
        if band is not None:
            note = f"{note}, ▒ MD"
        if view.range is not None:
            lines = self._fit(view.range(branches, band), lines)
        self._draw_band(band)
        first = lines[0] if lines else None
        self._conformers = first.conformers if first is not None and first.branch == 0 else None
        for trace, line in zip(self._traces, lines, strict=False):
            style: dict[str, Any] = {"color": colors[line.branch]}
            marker = {**style, "size": 4, "opacity": 0.5, "symbol": line.symbol}
            more: dict[str, Any] = {"customdata": None, "hovertemplate": None}
            if line.values is not None:
                marker |= {"size": 7, "opacity": 1}
                more = {"customdata": line.values.astype(np.float32), "hovertemplate":
                        f"%{{customdata:.1f}}<extra>{line.name}</extra>"}  # fmt: skip
            if line.conformers is not None:
                more = {"customdata": line.conformers.astype(np.int32), "hovertemplate":
                        f"conformer %{{customdata}}<br>%{{y:.1f}}<extra>{line.name}</extra>",
                        "unselected": {"marker": {"opacity": 0.12}},
                        "selected": {"marker": {"opacity": 1}}}  # fmt: skip
                if len(branches) == 1:
                    place = line.conformers % len(palette.CONFORMERS) + 0.5
                    marker = {"size": 5, "opacity": 0.8, "symbol": line.symbol,
                              "color": place.astype(np.float32),
                              "colorscale": CONFORMERS, "cmin": 0,
                              "cmax": len(palette.CONFORMERS)}  # fmt: skip
            trace.update(
                x=np.asarray(line.x, dtype=np.float32), y=np.asarray(line.y, dtype=np.float32),
                mode="markers" if line.markers else "lines", name=line.name, visible=True,
                line={**style, "dash": line.dash, "width": line.width}, marker=marker, **more,
            )  # fmt: skip
        for trace in self._traces[len(lines) :]:
            if trace.visible:
                trace.visible = False
        heading = self._figure.layout.annotations[self._heading]
        text = f"{view.y}: {note}" if note else view.y
        if heading.text != text:
            heading.text = text
        x = None if frame is None else view.x_of(frame)
        cursor = self._figure.layout.shapes[self._cursor]
        cursor.update(x0=x or 0, x1=x or 0, visible=x is not None)

    def _fit(self, limits: tuple[float, float] | None, lines: list[Line]) -> list[Line]:
        """Set the range of the y axis, and mark the points above it."""
        if limits is None:
            return lines
        axis = self._figure.layout[f"yaxis{self._row}"]
        if axis.range != limits:
            axis.range = limits
        split = [beyond_axis(line, limits[1]) for line in lines]
        return [line for line, _ in split] + [marked for _, marked in split if marked is not None]

    def _draw_band(self, band: EnergyBand | None) -> None:
        shape = self._figure.layout.shapes[self._band]
        ends = (0.0, 0.0) if band is None else (band.mean - band.sd, band.mean + band.sd)
        if (shape.y0, shape.y1, shape.visible) != (*ends, band is not None):
            shape.update(y0=ends[0], y1=ends[1], visible=band is not None)

    def highlight(self, conformers: Sequence[int]) -> None:
        """Fade the points of other conformers of the first branch; an empty list fades none."""
        points: tuple[int, ...] | None = None
        if self._conformers is not None and len(conformers):
            points = tuple(np.flatnonzero(np.isin(self._conformers, conformers)).tolist()) or None
        if self._traces[0].selectedpoints != points:
            self._traces[0].selectedpoints = points

    def on_points(self, *, clicked: Callable[[int], None], hovered: Callable[[int], None]) -> None:
        """Call back with the conformer of the point that is clicked or under the mouse."""

        def conformer_of(points: Any) -> int | None:
            conformers = self._conformers
            index = points.point_inds[0] if points.point_inds else None
            if conformers is None or index is None or index >= len(conformers):
                return None
            return int(conformers[index])

        def with_conformer(call: Callable[[int], None]) -> Callable[[Any, Any, Any], None]:
            def callback(_: Any, points: Any, __: Any) -> None:
                if (conformer := conformer_of(points)) is not None:
                    call(conformer)

            return callback

        trace = self._traces[0]
        trace.on_click(with_conformer(clicked))
        trace.on_hover(with_conformer(hovered))
