"""The fixes of plotly's widget for reloaded pages and second views."""

import gzip

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.basedatatypes import Undefined

from confdiff_widgets.widgets.plotly_figure import figure_widget


@pytest.fixture
def figure():
    figure = figure_widget(go.Figure())
    figure.add_trace(go.Scatter(name="one", marker={"size": 9}))
    figure.add_trace(go.Scatter(name="two"))
    return figure


def test_a_reloaded_page_gets_the_present_figure(figure):
    figure.data[0].x = np.array([1, 2], dtype=np.float32)
    figure.layout.title.text = "late"
    state = figure.get_state()
    assert [trace["name"] for trace in state["_widget_data"]] == ["one", "two"]
    assert state["_widget_data"][0]["x"]["shape"] == (2,)
    assert state["_widget_layout"]["title"]["text"] == "late"


def test_a_batch_has_a_value_for_every_trace(figure):
    sent = []
    figure.observe(lambda change: sent.append(change["new"]), "_py2js_update")
    with figure.batch_update():
        figure.data[0].x = np.array([1, 2], dtype=np.float32)
        figure.data[0].marker.color = "red"
        figure.data[1].update(marker={"size": 4}, name="new")
    style = sent[0]["style_data"]
    assert style["name"] == ["one", "new"]
    assert style["marker.size"] == [9, 4]
    assert style["marker.color"] == ["red", None]
    assert style["x"][1] is None and list(style["x"][0]) == [1, 2]
    assert not any(v is Undefined for values in style.values() for v in values)


def test_the_initial_layout_is_sent():
    """A page that is open when the widget is created receives it in pieces."""
    sent = []

    class Recorded(type(figure_widget(go.Figure()))):
        def send_state(self, key=None):
            sent.append(self.get_state(key))

    Recorded(go.Figure(layout={"yaxis": {"domain": [0, 0.3]}}))
    layouts = [state["_widget_layout"] for state in sent if "_widget_layout" in state]
    assert layouts[-1]["yaxis"]["domain"] == [0, 0.3]


def test_the_module_of_plotly_is_sent_on_request_only(figure, monkeypatch):
    sent = []
    monkeypatch.setattr(figure, "send", lambda *args, **kwargs: sent.append((args, kwargs)))
    assert len(figure._esm) < 20_000, "anywidget allows two seconds to load it"
    figure._handle_custom_msg({"send": "plotly"}, [])
    ((message,), options) = sent.pop()
    assert message == {"plotly": figure._plotly}
    module = gzip.decompress(options["buffers"][0])
    assert b"FigureModel" in module


def test_a_page_that_has_loaded_plotly_receives_the_present_figure(figure):
    figure.layout.title.text = "late"
    numbers = []
    figure.observe(lambda change: numbers.append(change["new"]), "_figures_sent")
    figure._handle_custom_msg({"send": "figure"}, [])
    assert numbers == [1], "a change, which the page waits for"
    state = figure.get_state({"_figures_sent"})
    assert state["_figures_sent"] == 1
    assert state["_widget_layout"]["title"]["text"] == "late", "in the same message"
