"""Plots of the sweep panel: maps, the Pareto front and the conformers of a cell, in one figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ... import palette
from ...ensembles import Ensemble
from ...proteins.system import System
from ...sweep.maps import MEASURES, Maps, pareto_front
from ...sweep.stored_keys import baseline_key
from ..plotly_figure import figure_widget

MAPS = ((1, 1), (1, 2), (2, 1), (2, 2))
PARETO, PLANE = (1, 3), (2, 3)
"""Rows and columns of the subplots."""
MAX_POINTS = 1000
"""Maximum number of conformers on the TIC plane."""


class SweepPlots:
    """Maps of four metrics, energy against diversity, and the TIC plane.

    Attributes
    ----------
    figure : plotly.graph_objects.FigureWidget
    """

    def __init__(self) -> None:
        titles = [" ", " ", "Pareto front", " ", " ", "Conformers of the cell"]
        figure = make_subplots(rows=2, cols=3, subplot_titles=titles,
                               horizontal_spacing=0.09, vertical_spacing=0.17)  # fmt: skip
        self.figure = figure_widget(figure)
        self._maps: Maps | None = None
        self._on_cell: Callable[[int, int], None] = lambda row, column: None
        self._heatmaps = [self._add_map(place) for place in MAPS]
        self._outlines = [self._add_outline(place) for place in (*MAPS, PARETO)]
        self._front = self._add(
            go.Scatter(mode="lines", line={"color": palette.NEUTRAL_TEXT, "width": 1.5},
                       hoverinfo="skip"),
            PARETO,
        )  # fmt: skip
        labelled = {"mode": "markers", "hovertemplate": "%{text}<extra></extra>"}
        self._cells = self._add(go.Scatter(marker={"size": 10}, **labelled), PARETO)
        self._cells.on_click(self._click_cell)
        self._surface = self._add(go.Heatmap(colorscale=palette.SURFACE, showscale=False,
                                             hoverinfo="skip"), PLANE)  # fmt: skip
        self._points = self._add(go.Scatter(marker={"size": 5}, **labelled), PLANE)
        self._set_layout()

    def on_cell(self, callback: Callable[[int, int], None]) -> None:
        """Call back with the row and column of a clicked cell."""
        self._on_cell = callback

    def on_conformer(self, callback: Callable[[int], None]) -> None:
        """Call back with the index of a clicked conformer on the TIC plane."""
        self._points.on_click(
            lambda _, points, __: callback(points.point_inds[0]) if points.point_inds else None
        )

    def draw_reference(self, system: System) -> None:
        """Draw the free energy of a protein's reference, and no conformers."""
        surface = None if system.reference is None else system.reference.free_energy
        with self.figure.batch_update():
            self._points.update(x=[], y=[])
            if surface is None:
                self._surface.z = None
                return
            self._surface.update(
                x=((surface.x_edges[1:] + surface.x_edges[:-1]) / 2).astype(np.float32),
                y=((surface.y_edges[1:] + surface.y_edges[:-1]) / 2).astype(np.float32),
                z=_nested(surface.values.T),
            )

    def draw_maps(self, maps: Maps, selected: tuple[int, int] | None) -> None:
        """Draw the metrics of all cells, and outline the selected row and column."""
        self._maps = maps
        energy, diversity = (maps.values[key].ravel() for key in ("energy", "diversity"))
        front = pareto_front(energy.tolist(), diversity.tolist())
        columns = len(maps.gammas)
        place = "%{y} K" if maps.thermal else "η %{y}"
        with self.figure.batch_update():
            for heatmap, measure in zip(self._heatmaps, MEASURES, strict=True):
                values = maps.values[measure.key]
                heatmap.update(
                    x=[f"{gamma:g}" for gamma in maps.gammas],
                    y=maps.labels,
                    z=_nested(values),
                    text=_texts(maps, measure.key, measure.digits),
                    hovertemplate=f"{place}, γ %{{x}}<br>{measure.title} %{{z}} {measure.unit}"
                    "<extra></extra>",
                )
            self._set_titles(maps)
            for row, column in MAPS:
                self.figure.update_yaxes(title_text=maps.axis, row=row, col=column)
            self._cells.update(
                x=energy, y=diversity,
                text=[_label(maps, *divmod(i, columns)) for i in range(energy.size)],
                marker={"color": [palette.conformer(i % columns) for i in range(energy.size)]},
            )  # fmt: skip
            self._front.update(x=energy[front], y=diversity[front])
            self._outline(maps, selected, energy, diversity)

    def draw_conformers(self, ensemble: Ensemble, system: System, colors: list[str]) -> None:
        """Draw the conformers of a cell on the TIC plane, the first ones in these colours."""
        if system.reference is None:
            return
        tics = system.reference.tica.transform(ensemble.ca[:MAX_POINTS]).astype(np.float32)
        others = [palette.NEUTRAL_TEXT] * (len(tics) - len(colors))
        with self.figure.batch_update():
            self._points.update(
                x=tics[:, 0], y=tics[:, 1], text=[f"conformer {i}" for i in range(len(tics))],
                marker={"color": [*colors, *others][: len(tics)]},
            )  # fmt: skip

    # --- private ------------------------------------------------------------------------------

    def _add(self, trace: Any, place: tuple[int, int]) -> Any:
        self.figure.add_trace(trace, *place)
        return self.figure.data[-1]

    def _add_map(self, place: tuple[int, int]) -> Any:
        heatmap = self._add(
            go.Heatmap(
                colorscale="Viridis", texttemplate="%{text}", xgap=1, ygap=1, showscale=False,
                hoverongaps=True,
            ),
            place,
        )  # fmt: skip
        heatmap.on_click(self._click_map)
        return heatmap

    def _add_outline(self, place: tuple[int, int]) -> Any:
        shape = "circle-open" if place == PARETO else "square-open"
        return self._add(
            go.Scatter(mode="markers", hoverinfo="skip",
                       marker={"symbol": shape, "size": 22 if place == PARETO else 36,
                               "color": palette.SELECTION,
                               "line": {"width": 3, "color": palette.SELECTION}}),
            place,
        )  # fmt: skip

    def _outline(
        self,
        maps: Maps,
        selected: tuple[int, int] | None,
        energy: np.ndarray,
        diversity: np.ndarray,
    ) -> None:
        for outline in self._outlines[:-1]:
            row, column = selected or (0, 0)
            outline.update(
                x=[f"{maps.gammas[column]:g}"] if selected else [],
                y=[maps.labels[row]] if selected else [],
            )
        index = [] if selected is None else [selected[0] * len(maps.gammas) + selected[1]]
        self._outlines[-1].update(x=energy[index], y=diversity[index])

    def _click_map(self, _: Any, points: Any, __: Any) -> None:
        maps = self._maps
        if maps is not None and points.xs and points.ys:
            gammas = [f"{gamma:g}" for gamma in maps.gammas]
            self._on_cell(maps.labels.index(str(points.ys[0])), gammas.index(str(points.xs[0])))

    def _click_cell(self, _: Any, points: Any, __: Any) -> None:
        if self._maps is not None and points.point_inds:
            self._on_cell(*divmod(points.point_inds[0], len(self._maps.gammas)))

    def _set_titles(self, maps: Maps) -> None:
        baseline = maps.values[baseline_key("js_tic")]
        for place, measure in zip((0, 1, 3, 4), MEASURES, strict=True):
            unit = f" ({measure.unit})" if measure.unit else ""
            text = measure.title + unit
            if measure.key == "js_tic" and np.isfinite(baseline).any():
                text += f" (baseline {np.nanmean(baseline):.2f})"
            annotation = self.figure.layout.annotations[place]
            if annotation.text != text:
                annotation.text = text

    def _set_layout(self) -> None:
        self.figure.update_layout(
            margin={"l": 52, "r": 12, "t": 30, "b": 40}, height=560, autosize=True,
            showlegend=False, paper_bgcolor=palette.TRANSPARENT, plot_bgcolor=palette.TRANSPARENT,
            font={"size": 11, "color": palette.NEUTRAL_TEXT}, hovermode="closest",
            uirevision="kept",
        )  # fmt: skip
        self.figure.update_annotations(font_size=12)
        self.figure.update_xaxes(gridcolor=palette.GRID, zeroline=False)
        self.figure.update_yaxes(gridcolor=palette.GRID, zeroline=False)
        for row, column in MAPS:
            self.figure.update_xaxes(title_text="γ", title_standoff=2, type="category",
                                     row=row, col=column)  # fmt: skip
            self.figure.update_yaxes(title_text="η", title_standoff=2, type="category",
                                     row=row, col=column)  # fmt: skip
        for place, x, y in ((PARETO, "Energy (kcal/mol)", "Diversity (Å)"),
                            (PLANE, "TIC 1", "TIC 2")):  # fmt: skip
            self.figure.update_xaxes(title_text=x, title_standoff=4, row=place[0], col=place[1])
            self.figure.update_yaxes(title_text=y, title_standoff=4, row=place[0], col=place[1])


def _nested(values: np.ndarray) -> list[list[float | None]]:
    """Return nested lists with None for NaN: 2-D arrays are sent as JSON, which has no NaN."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in values]


def _texts(maps: Maps, key: str, digits: str) -> list[list[str]]:
    """Return the text of each cell: the value, "failed", or nothing."""
    values = maps.values[key]
    return [
        [
            format(value, digits) if np.isfinite(value) else "failed" if failed else ""
            for value, failed in zip(*row, strict=True)
        ]
        for row in zip(values, maps.failed, strict=True)
    ]


def _label(maps: Maps, row: int, column: int) -> str:
    """Return the tooltip of a cell."""
    lines = [maps.name(row, column)]
    for measure in MEASURES:
        value = maps.values[measure.key][row, column]
        if np.isfinite(value):
            lines.append(f"{measure.title}: {value:{measure.digits}} {measure.unit}")
    return "<br>".join(lines)
