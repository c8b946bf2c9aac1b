"""Melting curves in the sweep panel: folded fraction, radius of gyration and energy against T."""

from __future__ import annotations

import html
from collections.abc import Sequence

import ipywidgets
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ... import palette
from ...reports.melting_figures import ABOUT, PANELS, melting_figures
from ...sweep.melting import SweepMelting
from ..plotly_figure import figure_widget


class MeltingPlot(ipywidgets.VBox):
    """Melting curves with T_m and ΔH; hidden until there is a curve.

    Attributes
    ----------
    figure : plotly.graph_objects.FigureWidget
        Its colours suit light and dark backgrounds.
    text : ipywidgets.HTML
    """

    def __init__(self) -> None:
        figure = make_subplots(rows=1, cols=len(PANELS), horizontal_spacing=0.08,
                               subplot_titles=[title for title, _ in PANELS.values()])  # fmt: skip
        figure.update_layout(
            margin={"l": 52, "r": 12, "t": 30, "b": 40}, height=320, autosize=True,
            paper_bgcolor=palette.TRANSPARENT, plot_bgcolor=palette.TRANSPARENT,
            font={"size": 11, "color": palette.NEUTRAL_TEXT}, hovermode="closest",
            legend={"orientation": "h", "y": -0.22, "x": 0}, uirevision="kept",
        )  # fmt: skip
        figure.update_annotations(font_size=12)
        figure.update_xaxes(gridcolor=palette.GRID, zeroline=False, title_text="Temperature (K)")
        figure.update_yaxes(gridcolor=palette.GRID, zeroline=False)
        for column, (_, axis) in enumerate(PANELS.values(), start=1):
            figure.update_yaxes(title_text=axis, title_standoff=2, row=1, col=column)
        figure.update_yaxes(range=[0, 1], row=1, col=1)
        self.figure = figure_widget(figure)
        self.text = ipywidgets.HTML()
        super().__init__([self.figure, self.text], layout={"display": "none", "width": "100%"})

    def draw(self, curves: Sequence[SweepMelting]) -> None:
        """Draw the curves of one protein, one for each γ."""
        self.layout.display = "" if curves else "none"
        if not curves:
            return
        columns = {name: column for column, name in enumerate(PANELS, start=1)}
        with self.figure.batch_update():
            self.figure.data = ()
            for drawn in melting_figures(curves):
                for trace in drawn.data:
                    first = drawn.key == "folded" and trace.get("showlegend", True)
                    self.figure.add_trace(
                        go.Scatter({**trace, "showlegend": first}), row=1, col=columns[drawn.key]
                    )
        lines = dict.fromkeys(line for curve in curves for line in curve.sentences())
        texts = [*lines, curves[0].definition, ABOUT]
        self.text.value = "<br>".join(html.escape(text) for text in texts)
