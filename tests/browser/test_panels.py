"""The ensemble panels in a browser."""

from __future__ import annotations

import json

from playwright.sync_api import Locator

from .lab import Notebook, wait_until
from .pixels import changed_fraction, pixels, wait_for_pixels_to_change, wait_for_still_pixels

MADE = """
import numpy as np
from confdiff_widgets import EnsembleView, MetastableStates, proteins
from confdiff_widgets.reports import EnsembleData, EvaluationSettings, Target, evaluate

target = Target.of_protein(proteins.get("chignolin"))
frames = target.backbone[::40]
unfolded = frames[np.linalg.norm(frames[:, 0, 1] - frames[:, -1, 1], axis=-1) > 7]
np.savez("trace.npz", ca=frames[::3, :, 1], sequence=target.sequence)
made = evaluate(
    [
        EnsembleData("all", target.sequence, frames[:, :, 1], frames),
        EnsembleData("unfolded", target.sequence, unfolded[:, :, 1], unfolded),
    ],
    target, settings=EvaluationSettings(baseline_draws=2, n_bootstrap=2),
)
"""
VIEW = "view = EnsembleView(made)\nview"
STATES = "states = MetastableStates(made)\nstates"
TRACE = """
EnsembleView({"trace": "trace.npz"}, settings=EvaluationSettings(baseline_draws=2, n_bootstrap=2))
"""
SHOWN = "import json; print(json.dumps(view.shown))"


def shown(book: Notebook) -> list[list[int]]:
    return list(json.loads(book.execute(SHOWN)))


def plane(panel: Locator) -> Locator:
    return panel.locator(".plotly .nsewdrag[data-subplot='xy']")


def point(panel: Locator, trace: int, number: int) -> tuple[float, float]:
    """Return the position of a point of an ensemble on the page."""
    box = panel.locator(f".subplot.xy .scatterlayer .trace >> nth={trace}").locator(
        f".points path >> nth={number}"
    ).bounding_box()  # fmt: skip
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_points_on_the_plane_are_shown_in_the_viewer(open_notebook):
    book = open_notebook(MADE, VIEW, TRACE)
    book.page.set_viewport_size({"width": 1500, "height": 1000})
    book.run(0)
    book.run(1)
    panel = book.cell(1).locator(".confdiff-ensembles")
    panel.locator(".plotly .heatmaplayer image").wait_for()
    panel.get_by_text("RMSDens").first.wait_for()
    viewer = panel.locator("canvas").first
    before = wait_for_still_pixels(viewer)
    panel.scroll_into_view_if_needed()
    book.screenshot("ensembles", panel)
    assert [k for k, _ in shown(book)] == [0] * 4 + [1] * 4, "both ensembles are shown at first"

    def clicked() -> bool:
        plane(panel).scroll_into_view_if_needed()
        place = point(panel, 1, 30)
        book.page.mouse.move(place[0] + 3, place[1])
        book.page.mouse.move(*place)  # plotly knows what is clicked from what is hovered
        book.page.mouse.click(*place)
        return len(shown(book)) == 1

    wait_until(clicked, "the conformer of the point")
    assert shown(book)[0][0] == 1
    panel.get_by_text("unfolded, frame").first.wait_for()
    one = wait_for_pixels_to_change(viewer, before)

    def lassoed() -> bool:
        plane(panel).scroll_into_view_if_needed()
        box = plane(panel).bounding_box()
        assert box is not None
        x, y, w, h = box["x"], box["y"], box["width"], box["height"]
        mouse = book.page.mouse
        mouse.move(x + 0.02 * w, y + 0.02 * h)
        mouse.down()
        for dx, dy in ((0.97, 0.02), (0.97, 0.97), (0.02, 0.97), (0.02, 0.05)):
            mouse.move(x + dx * w, y + dy * h, steps=4)
        mouse.up()
        return wait_until(lambda: len(shown(book)) == 8, "eight of the selected", timeout=20)

    lassoed()
    wait_for_pixels_to_change(viewer, one)
    wait_until(lambda: {k for k, _ in shown(book)} == {0, 1}, "conformers of both ensembles")

    lower = panel.locator(".plotly .subplot.x2y2")
    drawn = lower.inner_html()
    for title in ("RMSF", "Sampling efficiency", "Metastable states"):
        panel.get_by_label("Lower plot").select_option(label=title)
        wait_until(lambda drawn=drawn: lower.inner_html() != drawn, title)
        drawn = lower.inner_html()
    book.screenshot("ensembles_selected", panel)
    book.set_theme(dark=True)
    wait_for_still_pixels(viewer)
    book.screenshot("ensembles_dark", panel)
    book.set_theme(dark=False)

    book.run(2)
    trace = book.cell(2).locator(".confdiff-ensembles")
    trace.get_by_text("CA atoms only, shown as a trace").wait_for()
    trace.scroll_into_view_if_needed()
    wait_for_still_pixels(trace.locator("canvas").first)
    book.screenshot("ensembles_trace", trace)


def test_states_and_their_frames(open_notebook):
    book = open_notebook(MADE, STATES)
    book.page.set_viewport_size({"width": 1500, "height": 1000})
    book.run(0)
    book.run(1)
    panel = book.cell(1).locator(".confdiff-states")
    bars = panel.locator(".subplot.xy .barlayer .trace")
    bars.first.wait_for()
    viewer = panel.locator("canvas").first
    everything = wait_for_still_pixels(viewer)
    book.screenshot("states", panel)
    caption = panel.get_by_text("Representative of state 1.")

    def click(trace: int, state: int) -> None:
        plane(panel).scroll_into_view_if_needed()
        box = bars.nth(trace).locator(".point path").nth(state).bounding_box()
        assert box is not None
        book.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def representative() -> bool:
        click(0, 0)
        return caption.count() > 0

    wait_until(representative, "the representative of the first state", pause=1)
    one = wait_for_pixels_to_change(viewer, everything)

    def frames() -> bool:
        click(2, 0)
        return panel.get_by_text("frames of unfolded in state 1.").count() > 0

    wait_until(frames, "frames of an ensemble in a state", pause=1)
    wait_for_pixels_to_change(viewer, one)
    panel.get_by_role("button", name="All states").click()
    panel.get_by_text("Representatives (medoids)").wait_for()
    again = wait_for_still_pixels(viewer)
    assert changed_fraction(everything, again) < 0.05

    lower = panel.locator(".plotly .subplot.x2y2")
    drawn = lower.inner_html()
    panel.get_by_label("Lower plot").select_option(label="Free energy along TIC 1")
    wait_until(lambda: lower.inner_html() != drawn, "the free energy")
    book.set_theme(dark=True)
    wait_for_still_pixels(viewer)
    book.screenshot("states_dark", panel)
    book.set_theme(dark=False)
    assert pixels(viewer).size
