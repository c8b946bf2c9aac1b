"""Temperature guidance: the slider in kelvin, the samples of the run, and their background."""

from __future__ import annotations

import pytest

from confdiff_widgets.models.temperature import eta_of_temperature

from .explorer import ETA, Page
from .lab import wait_until

SHOW = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", seed=7, samples=8, steps=20)
e
"""
ENERGY = "print(sum(float(v) for row in e.plots.figure.data[0].z for v in row if v is not None))"


@pytest.fixture
def thermal(open_notebook) -> Page:
    """The Explorer of chignolin with its default guidance."""
    return Page(open_notebook(SHOW))


def kelvin(page):
    return page.root.get_by_label("Temperature (K)")


def set_kelvin(page, text):
    kelvin(page).fill(text)
    kelvin(page).press("Enter")


def title(page):
    return page.root.locator(".plotly .gtitle").text_content()


def run_label(page):
    return page.root.get_by_label("Temperature of the run").inner_text()


def rg(page):
    return float(page.book.execute("print(e.session.current.last.radius.mean())"))


def header_lines(page):
    """Return the number of lines of each row of the header."""
    return page.root.evaluate(
        """(root) => [...root.querySelectorAll(".cd-names, .cd-transport")].map((row) => {
            const bottoms = [...row.children].map((c) => c.getBoundingClientRect())
                .filter((box) => box.width > 0).sort((a, b) => a.top - b.top);
            let [lines, end] = [0, -1];
            for (const box of bottoms) { if (box.top >= end) { lines++; end = box.bottom; } }
            return lines;
        })"""
    )


def test_the_kelvin_field_sets_eta_and_the_background_of_the_run(thermal):
    assert kelvin(thermal).input_value() == "350"
    wait_until(lambda: "at 350 K" in title(thermal), "the free energy at the default temperature")
    before = thermal.book.execute(ENERGY)
    set_kelvin(thermal, "335")
    eta = thermal.root.get_by_label("η, number")
    wait_until(lambda: eta.input_value() == "0.687", "η of 335 K")
    wait_until(lambda: "at 335 K" in title(thermal), "the free energy at 335 K")
    assert thermal.book.execute(ENERGY) != before
    thermal.run_to_the_end()
    assert thermal.state()["etas"] == [eta_of_temperature(335.0)] * 20
    assert run_label(thermal) == "335 K"
    cold = rg(thermal)
    thermal.book.screenshot("temperature_335")
    set_kelvin(thermal, "450")
    wait_until(lambda: kelvin(thermal).input_value() == "450", "450 K")
    thermal.button("▶ Run").click()
    wait_until(lambda: thermal.state()["etas"] == [0.0] * 20, "a run at 450 K")
    assert rg(thermal) > cold, "the chain is more expanded with the same noise"


def test_the_slider_sets_whole_kelvins_and_marks_extrapolation(thermal):
    slider = thermal.root.get_by_role("slider", name=ETA)
    mark = thermal.root.locator(".cd-extrapolated")
    assert mark.count() == 0
    slider.focus()
    slider.press("ArrowRight")
    wait_until(lambda: kelvin(thermal).input_value() in ("348", "349"), "the next kelvin")
    slider.press("End")
    mark.wait_for()
    assert kelvin(thermal).input_value() == "281"
    wait_until(lambda: "at 300 K (run at 281 K)" in title(thermal), "the announced fallback")
    thermal.book.screenshot("temperature_extrapolated")
    slider.press("Home")
    wait_until(lambda: "at 450 K (run at 474 K)" in title(thermal), "the other end")
    set_kelvin(thermal, "600")
    thermal.root.get_by_text("600 is not accepted. Enter a number from 281 to 474 K").wait_for()
    assert kelvin(thermal).input_value() == "474"


def test_a_change_during_the_run_is_varied_and_has_no_background(thermal):
    thermal.button("Step").first.click()
    thermal.wait_for_status("paused")
    set_kelvin(thermal, "310")
    wait_until(lambda: run_label(thermal) == "varied", "the label of the run")
    thermal.button("Step").first.click()
    wait_until(lambda: "varied temperature" in title(thermal), "the title of the plane")
    assert thermal.root.locator(".plotly .heatmaplayer image").count() == 0
    flag = thermal.root.locator(".cd-flag").first
    flag.wait_for()
    assert "350→310 K" in flag.inner_text()
    thermal.book.screenshot("temperature_varied")


def test_gamma_makes_the_temperature_approximate(thermal):
    gamma = thermal.root.get_by_label("γ, number")
    gamma.fill("0.8")
    gamma.press("Enter")
    wait_until(lambda: run_label(thermal) == "≈ 350 K", "the approximate temperature")
    thermal.root.get_by_text("temperature guidance ≈ 350 K").wait_for()


@pytest.mark.parametrize(("width", "height"), [(1100, 720), (1280, 720), (1440, 900)])
def test_the_header_does_not_wrap(thermal, width, height):
    thermal.run_to_the_end()
    thermal.book.page.set_viewport_size({"width": width, "height": height})
    try:
        for dark in (False, True):
            thermal.book.set_theme(dark=dark)
            wait_until(lambda: header_lines(thermal) == [1, 1], "a header of two lines", timeout=20)
            thermal.book.screenshot(f"temperature_{width}x{height}_{'dark' if dark else 'light'}")
    finally:
        thermal.book.set_theme(dark=False)
