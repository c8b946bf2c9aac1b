"""Several Explorers in a notebook, interrupted kernels and closed pages."""

from __future__ import annotations

from .explorer import Page
from .lab import wait_until
from .pixels import changed_fraction, wait_for_still_pixels

SHOW = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", seed=7, samples=4, steps=40, folder=None)
e
"""
OTHER = """
f = Explorer("chignolin", seed=8, samples=4, steps=40, folder=None)
f
"""


def test_two_explorers_are_independent(open_notebook):
    book = open_notebook(SHOW, OTHER)
    first = Page(book)
    book.run(1)
    root = book.page.locator(".confdiff-explorer")
    wait_until(lambda: root.count() == 2, "the second Explorer")
    second = root.nth(1)
    second.locator(".plotly .heatmaplayer image").first.wait_for()
    second.get_by_role("button", name="▶ Run").click()
    status = second.get_by_role("status").first
    wait_until(lambda: status.inner_text().startswith("finished"), "its end")
    assert first.root.first.get_by_role("status").first.inner_text().startswith("ready")
    assert book.execute("print(len(e.session.current.run.states))").strip() == "1"
    names = second.locator("[id^=cd-]").evaluate_all("nodes => nodes.map(x => x.id)")
    others = root.first.locator("[id^=cd-]").evaluate_all("nodes => nodes.map(x => x.id)")
    assert not set(names) & set(others), "ids are unique on a page"


def test_interrupting_the_kernel_does_not_stop_the_run(open_notebook):
    book = open_notebook(SHOW, "import time; time.sleep(60)")
    explorer = Page(book)
    explorer.speed("10 steps/s")
    explorer.button("▶ Run").click()
    book.start(1)
    wait_until(lambda: book.is_running(1), "a busy kernel")
    book.interrupt_kernel()
    wait_until(lambda: not book.is_running(1), "the interrupted cell")
    explorer.wait_for_status("finished")
    assert explorer.state()["frames"][-1] == 40


def test_a_run_continues_without_its_page(open_notebook):
    book = open_notebook(SHOW)
    explorer = Page(book)
    explorer.speed("10 steps/s")
    explorer.button("▶ Run").click()
    explorer.wait_for_status("running")
    book.save()
    book.reopen()
    root = book.page.locator(".confdiff-explorer")
    status = root.get_by_role("status").first
    wait_until(lambda: status.inner_text().startswith("finished"), "the end of the run")
    view = root.locator("canvas").first
    shown = wait_for_still_pixels(view)
    assert changed_fraction(shown, shown * 0 + shown[0, 0]) > 0.02, "molecules are drawn"
