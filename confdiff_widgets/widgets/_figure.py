"""Figures that fit their box."""

from __future__ import annotations

import plotly.graph_objects as go


def figure_widget(figure: go.Figure) -> go.FigureWidget:
    """A widget of a figure that takes the size of its box, also when the window changes."""
    widget = go.FigureWidget(figure)
    widget._config = {**widget._config, "responsive": True}  # there is no public way to say so
    return widget
