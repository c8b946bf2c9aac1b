"""An Explorer without its kernel: the exported page, and the figure in the saved notebook."""

import base64
import io
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from .lab import SCREENSHOTS, TIMEOUT, Notebook, wait_until
from .pixels import changed_fraction, pixels, wait_for_pixels_to_change

EXPLORER = """
from confdiff_widgets import Explorer

explorer = Explorer("chignolin", samples=16, steps=40, seed=7, folder=None)
explorer.session.energies.enabled = False
explorer
"""
RUN = """
import time
from confdiff_widgets.live import Status
from confdiff_widgets.widgets.explorer.snapshot import snapshot_page

explorer.session.play()
explorer.session.player.wait(Status.FINISHED)
branch = explorer.session.current
while len(branch.frames) < 41:  # skipped frames are measured at the end
    time.sleep(0.1)
with open("page.html", "w", encoding="utf-8") as file:
    file.write(snapshot_page(explorer.session, branch.last))
"""
FIGURE = ".jp-OutputArea-child img[src^='data:image/png']"


@pytest.fixture
def offline(browser: BrowserContext):
    """Opens a file in a browser without a network; the test fails if it requests anything."""
    pages: list[Page] = []
    requested: list[str] = []

    def open_(file: Path, *, dark: bool) -> Page:
        page = browser.new_page()
        pages.append(page)
        page.set_default_timeout(TIMEOUT * 1000)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.route("http*://**", lambda route: route.abort())
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: requested.append(f"uncaught: {error}"))
        page.goto(file.as_uri())
        return page

    yield open_
    for page in pages:
        page.close()
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []


def open_again(book: Notebook) -> None:
    """Open the saved notebook without running it: no kernel, no live widget."""
    book.save()
    wait_until(lambda: saved_figure(book), "a saved figure")
    book._lab("return panel.sessionContext.shutdown()")
    book.page.reload()
    book.page.locator(".jp-Notebook").wait_for()


def saved_figure(book: Notebook) -> bytes | None:
    outputs = nbformat.read(book.path, 4).cells[0].outputs
    figures = [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    return base64.b64decode(figures[-1]) if figures else None


def test_a_run_is_visible_without_its_kernel(open_notebook, offline):
    book = open_notebook(EXPLORER, RUN)
    book.run(0)
    explorer = book.cell(0).locator(".confdiff-explorer")
    explorer.wait_for()
    book.run(1)
    figure = book.cell(0).locator(FIGURE)
    figure.wait_for(state="attached")
    assert not figure.is_visible(), "the figure is visible next to the Explorer"
    assert book.cell(1).locator(FIGURE).count() == 0, "the figure is in another cell"

    open_again(book)
    figure.wait_for(state="visible")
    assert not book.cell(0).get_by_text("Error displaying widget").is_visible()
    assert all("widget model not found" in error for error in book.errors)
    book.errors.clear()
    assert explorer.count() == 0
    assert book.path.stat().st_size < 3e6
    assert Image.open(io.BytesIO(saved_figure(book))).size == (1600, 900)
    figure.scroll_into_view_if_needed()
    book.screenshot("saved_notebook")
    book.set_theme(dark=True)
    book.page.locator("#jupyterlab-splash").wait_for(state="detached")
    book.screenshot("saved_notebook_dark")
    book.set_theme(dark=False)

    check_page(book.path.with_name("page.html"), offline)
    book.errors[:] = [
        e for e in book.errors if "widget model not found" not in e
    ]  # some arrive late


def check_page(file: Path, offline) -> None:
    assert file.stat().st_size < 6e6
    page = offline(file, dark=False)
    structures, plane = page.locator("#structures"), page.locator("#plane")
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 6")
    before, points = pixels(structures), pixels(plane)
    page.screenshot(path=SCREENSHOTS / "snapshot.png", full_page=True)
    page.locator("#step").fill("5")
    assert "step 5/40" in page.locator("#moment").inner_text()
    wait_for_pixels_to_change(structures, before)
    assert changed_fraction(points, pixels(plane)) > 0.002
    page.screenshot(path=SCREENSHOTS / "snapshot_step5.png")
    page.locator("#step").fill("36")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.getElementById('step').value === '40'")
    page.get_by_role("button", name="Play").wait_for()

    dark = offline(file, dark=True)
    dark.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 6")
    dark.screenshot(path=SCREENSHOTS / "snapshot_dark.png", full_page=True)
    assert np.median(pixels(dark.locator("#structures"))) < 40
