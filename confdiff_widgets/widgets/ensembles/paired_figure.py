"""Two figures of an evaluation in one widget, because each plotly widget sends 5 MB to the page."""

from __future__ import annotations

from typing import Any

from plotly.subplots import make_subplots

from ... import palette
from ...reports.figures import Figure
from ..plotly_figure import figure_widget


class PairedFigure:
    """A fixed upper figure and a replaceable lower one.

    Parameters
    ----------
    upper : Figure or None
    missing : str
        Text shown if there is no upper figure.

    Attributes
    ----------
    figure : plotly.graph_objects.FigureWidget
    upper : tuple of traces
    """

    def __init__(self, upper: Figure | None, missing: str = "") -> None:
        grid = make_subplots(rows=2, cols=1, row_heights=[0.6, 0.4], vertical_spacing=0.13)
        self.figure = figure_widget(grid)
        self.figure.update_layout(
            margin={"l": 58, "r": 12, "t": 34, "b": 44}, height=640, autosize=True,
            paper_bgcolor=palette.TRANSPARENT, plot_bgcolor=palette.TRANSPARENT, barmode="group",
            font={"size": 12, "color": palette.NEUTRAL_TEXT}, hovermode="closest",
            uirevision="kept",
            legend={"orientation": "h", "x": 0, "y": 1.005, "yanchor": "bottom"},
            dragmode="lasso",
        )  # fmt: skip
        if upper is None:
            self.figure.add_annotation(text=missing, showarrow=False, xref="x domain",
                                       yref="y domain", x=0.5, y=0.5)  # fmt: skip
        else:
            self._add(upper, 1)
        self.upper = self.figure.data

    def draw_lower(self, figure: Figure) -> None:
        """Replace the lower figure."""
        with self.figure.batch_update():
            self.figure.data = self.upper
            self._add(figure, 2)

    def _add(self, figure: Figure, row: int) -> None:
        for number, spec in enumerate(figure.data):
            trace: dict[str, Any] = dict(spec)
            if "colorbar" in trace:
                trace["colorbar"] = {**trace["colorbar"], "len": 0.56, "y": 0.72}
            if row == 2:
                trace["showlegend"] = False
            trace["uid"] = f"{figure.key}-{number}"
            self.figure.add_trace(trace, row, 1)
        axes = {"gridcolor": palette.GRID, "linecolor": palette.GRID, "zeroline": False,
                "row": row, "col": 1}  # fmt: skip
        for update, key in ((self.figure.update_xaxes, "xaxis"),
                            (self.figure.update_yaxes, "yaxis")):  # fmt: skip
            settings = {"type": "-", "range": None, "rangemode": "normal", "dtick": None,
                        **figure.layout[key]}  # fmt: skip
            update(**{**settings, **axes}, autorange=settings["range"] is None)
