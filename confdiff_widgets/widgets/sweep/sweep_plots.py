"""The sweep panel's plots: one plotly figure of maps, the Pareto front and a cell's conformers."""

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

INK = "#7d8590"
"""Readable on light and on dark."""

RING = "#e4572e"

PLACES = ((1, 1), (1, 2), (2, 1), (2, 2))
PARETO, PLANE = (1, 3), (2, 3)
MOST_POINTS = 1000


class SweepPlots:
    """Maps of four numbers, energy against diversity, and the TIC plane.

    Attributes
    ----------
    figure : plotly.graph_objects.FigureWidget
    """

    def __init__(self) -> None:
        titles = [
            "",
            "",
            "Pareto front",
            "",
            "",
            "Conformers of the cell",
        ]
        figure = make_subplots(rows=2, cols=3, subplot_titles=[t or " " for t in titles],
                               horizontal_spacing=0.09, vertical_spacing=0.17)  # fmt: skip
        self.figure = figure_widget(figure)
        self._maps: Maps | None = None
        self._clicked: Callable[[int, int], None] = lambda row, column: None
        self._heat = [self._add_map(place, number) for number, place in enumerate(PLACES)]
        self._rings = [self._add_ring(place) for place in (*PLACES, PARETO)]
        self._front = self._add(go.Scatter(mode="lines", line={"color": INK, "width": 1.5},
                                           hoverinfo="skip"), PARETO)  # fmt: skip
        told = {"mode": "markers", "hovertemplate": "%{text}<extra></extra>"}
        self._cells = self._add(go.Scatter(marker={"size": 10}, **told), PARETO)
        self._cells.on_click(self._click_cell)
        self._surface = self._add(go.Heatmap(colorscale=palette.SURFACE, showscale=False,
                                             hoverinfo="skip"), PLANE)  # fmt: skip
        self._points = self._add(go.Scatter(marker={"size": 5}, **told), PLANE)
        self._dress()

    def on_cell(self, clicked: Callable[[int, int], None]) -> None:
        """Call back with the row and column of the map that is clicked."""
        self._clicked = clicked

    def on_conformer(self, clicked: Callable[[int], None]) -> None:
        """Call back with the conformer that is clicked on the TIC plane."""
        self._points.on_click(
            lambda _, points, __: clicked(points.point_inds[0]) if points.point_inds else None
        )

    def system(self, system: System) -> None:
        """Draw the reference of another protein behind the conformers."""
        surface = system.free_energy
        with self.figure.batch_update():
            self._points.update(x=[], y=[])
            if surface is None:
                self._surface.z = None
                return
            self._surface.update(
                x=((surface.x_edges[1:] + surface.x_edges[:-1]) / 2).astype(np.float32),
                y=((surface.y_edges[1:] + surface.y_edges[:-1]) / 2).astype(np.float32),
                z=_holes(surface.values.T),
            )

    def draw(self, maps: Maps, chosen: tuple[int, int] | None) -> None:
        """Draw what is known of all cells; ``chosen`` has a ring."""
        self._maps = maps
        energy, diversity = (maps.values[key].ravel() for key in ("energy", "diversity"))
        front = pareto_front(energy.tolist(), diversity.tolist())
        columns = len(maps.gammas)
        with self.figure.batch_update():
            for heat, measure in zip(self._heat, MEASURES, strict=True):
                values = maps.values[measure.key]
                heat.update(
                    x=[f"{gamma:g}" for gamma in maps.gammas],
                    y=[f"{eta:g}" for eta in maps.etas],
                    z=_holes(values),
                    text=_texts(maps, measure.key, measure.digits),
                )
            self._name(maps)
            self._cells.update(
                x=energy, y=diversity,
                text=[_label(maps, *divmod(i, columns)) for i in range(energy.size)],
                marker={"color": [palette.conformer(i % columns) for i in range(energy.size)]},
            )  # fmt: skip
            self._front.update(x=energy[front], y=diversity[front])
            self._ring(maps, chosen, energy, diversity)

    def show(self, ensemble: Ensemble, system: System, colors: list[str]) -> None:
        """The conformers of a cell on the TIC plane; the first ones in the viewer's colours."""
        if system.reference is None:
            return
        tics = system.reference.tica.transform(ensemble.ca[:MOST_POINTS]).astype(np.float32)
        others = [INK] * (len(tics) - len(colors))
        with self.figure.batch_update():
            self._points.update(
                x=tics[:, 0], y=tics[:, 1], text=[f"conformer {i}" for i in range(len(tics))],
                marker={"color": [*colors, *others][: len(tics)]},
            )  # fmt: skip

    # --- inside -----------------------------------------------------------------------------

    def _add(self, trace: Any, place: tuple[int, int]) -> Any:
        self.figure.add_trace(trace, *place)
        return self.figure.data[-1]

    def _add_map(self, place: tuple[int, int], number: int) -> Any:
        measure = MEASURES[number]
        heat = self._add(
            go.Heatmap(
                colorscale="Viridis", texttemplate="%{text}", xgap=1, ygap=1, showscale=False,
                hovertemplate=f"γ %{{x}}, η %{{y}}<br>{measure.title} %{{z}} {measure.unit}"
                "<extra></extra>", hoverongaps=True,
            ),
            place,
        )  # fmt: skip
        heat.on_click(self._click_map)
        return heat

    def _add_ring(self, place: tuple[int, int]) -> Any:
        shape = "circle-open" if place == PARETO else "square-open"
        return self._add(
            go.Scatter(mode="markers", hoverinfo="skip",
                       marker={"symbol": shape, "size": 22 if place == PARETO else 36,
                               "color": RING, "line": {"width": 3, "color": RING}}),
            place,
        )  # fmt: skip

    def _ring(
        self, maps: Maps, chosen: tuple[int, int] | None, energy: np.ndarray, diversity: np.ndarray
    ) -> None:
        for ring in self._rings[:-1]:
            row, column = chosen or (0, 0)
            ring.update(
                x=[f"{maps.gammas[column]:g}"] if chosen else [],
                y=[f"{maps.etas[row]:g}"] if chosen else [],
            )
        here = [] if chosen is None else [chosen[0] * len(maps.gammas) + chosen[1]]
        self._rings[-1].update(x=energy[here], y=diversity[here])

    def _click_map(self, _: Any, points: Any, __: Any) -> None:
        maps = self._maps
        if maps is not None and points.xs and points.ys:
            gammas = [f"{gamma:g}" for gamma in maps.gammas]
            etas = [f"{eta:g}" for eta in maps.etas]
            self._clicked(etas.index(str(points.ys[0])), gammas.index(str(points.xs[0])))

    def _click_cell(self, _: Any, points: Any, __: Any) -> None:
        if self._maps is not None and points.point_inds:
            self._clicked(*divmod(points.point_inds[0], len(self._maps.gammas)))

    def _name(self, maps: Maps) -> None:
        floor = maps.values[baseline_key("js_tic")]
        for place, measure in zip((0, 1, 3, 4), MEASURES, strict=True):
            unit = f" ({measure.unit})" if measure.unit else ""
            text = measure.title + unit
            if measure.key == "js_tic" and np.isfinite(floor).any():
                text += f"; floor {np.nanmean(floor):.2f}"
            annotation = self.figure.layout.annotations[place]
            if annotation.text != text:
                annotation.text = text

    def _dress(self) -> None:
        self.figure.update_layout(
            margin={"l": 52, "r": 12, "t": 30, "b": 40}, height=560, autosize=True,
            showlegend=False, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
            font={"size": 11, "color": INK}, hovermode="closest", uirevision="kept",
        )  # fmt: skip
        self.figure.update_annotations(font_size=12)
        grid = "rgba(140,150,165,0.18)"
        self.figure.update_xaxes(gridcolor=grid, zeroline=False)
        self.figure.update_yaxes(gridcolor=grid, zeroline=False)
        for row, column in PLACES:
            self.figure.update_xaxes(title_text="γ", title_standoff=2, type="category",
                                     row=row, col=column)  # fmt: skip
            self.figure.update_yaxes(title_text="η", title_standoff=2, type="category",
                                     row=row, col=column)  # fmt: skip
        for place, x, y in ((PARETO, "Energy (kcal/mol)", "Diversity (Å)"),
                            (PLANE, "TIC 1", "TIC 2")):  # fmt: skip
            self.figure.update_xaxes(title_text=x, title_standoff=4, row=place[0], col=place[1])
            self.figure.update_yaxes(title_text=y, title_standoff=4, row=place[0], col=place[1])


def _holes(values: np.ndarray) -> list[list[float | None]]:
    """NaN as None: JSON, in which 2-D arrays travel, knows no NaN."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in values]


def _texts(maps: Maps, key: str, digits: str) -> list[list[str]]:
    """What stands in each field: the number; or that the cell failed."""
    values = maps.values[key]
    return [
        [
            format(value, digits) if np.isfinite(value) else "failed" if failed else ""
            for value, failed in zip(*row, strict=True)
        ]
        for row in zip(values, maps.failed, strict=True)
    ]


def _label(maps: Maps, row: int, column: int) -> str:
    eta, gamma = maps.parameters(row, column)
    lines = [f"η {eta:g}, γ {gamma:g}"]
    for measure in MEASURES:
        value = maps.values[measure.key][row, column]
        if np.isfinite(value):
            lines.append(f"{measure.title}: {value:{measure.digits}} {measure.unit}")
    return "<br>".join(lines)
