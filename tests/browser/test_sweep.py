"""The sweep panel in a browser: run, cancel, resume, click a cell, export and reopen."""

from __future__ import annotations

from .lab import wait_until
from .pixels import changed_fraction, pixels, wait_for_still_pixels

SWEEP = """
from confdiff_widgets import Sweep

sweep = Sweep(
    "chignolin", gamma=[0, 0.5, 1], seed=range(4), samples=8, steps=4, energies=1, workers=1,
    folder="sweep",
)
sweep
"""
STATUS = "print(sweep.session.status.value, len(sweep.session.rows), len(sweep.session.cells))"
REOPEN = 'from confdiff_widgets import Sweep\n\nSweep.from_folder("sweep", workers=1)'


def test_a_sweep_is_run_cancelled_resumed_and_reopened(open_notebook):
    book = open_notebook(SWEEP, REOPEN)
    book.run(0)
    panel = book.cell(0).locator(".confdiff-sweep")
    panel.wait_for()
    panel.get_by_role("button", name="Run").click()
    panel.get_by_text("dask dashboard").wait_for()
    wait_until(lambda: int(book.execute(STATUS).split()[1]) >= 3, "three cells", timeout=240)
    panel.get_by_role("button", name="Cancel").click()
    wait_until(
        lambda: book.execute(STATUS).startswith("stopped"), "the end of the sweep", timeout=120
    )
    done = int(book.execute(STATUS).split()[1])
    assert 3 <= done < 12
    assert panel.get_by_text("dask dashboard").count() == 0

    panel.get_by_role("button", name="Resume").click()
    wait_until(lambda: book.execute(STATUS) == "finished 12 12\n", "the other cells", timeout=300)
    panel.get_by_text("12 of 12 cells").wait_for()

    plane = panel.locator(".plotly .subplot.x6y6")
    viewer = panel.locator("canvas").first
    before, points = pixels(viewer), plane.inner_html()
    panel.scroll_into_view_if_needed()
    box = panel.locator(".plotly .nsewdrag.drag").first.bounding_box()
    book.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    panel.get_by_text("350 K, γ 0.5: 8 of 8 conformers").wait_for()
    wait_until(lambda: plane.inner_html() != points, "conformers on the TIC plane")
    assert changed_fraction(before, wait_for_still_pixels(viewer)) > 0.01
    panel.get_by_role("button", name="Export").click()
    panel.get_by_text("table.parquet").wait_for()
    assert (book.path.parent / "sweep/chignolin.png").stat().st_size > 20_000
    book.page.set_viewport_size({"width": 1500, "height": 950})
    panel.scroll_into_view_if_needed()
    book.screenshot("sweep", panel)
    book.set_theme(dark=True)
    book.screenshot("sweep_dark", panel)
    book.set_theme(dark=False)

    book.restart_kernel()
    book.run(1)
    reopened = book.cell(1).locator(".confdiff-sweep")
    reopened.get_by_text("12 of 12 cells").wait_for()
    assert book.errors == []
