"""The Explorer on a page, as a person finds it."""

from __future__ import annotations

import json

from playwright.sync_api import Locator

from .lab import Notebook, wait_until

SHOW = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", seed=7, samples=8, steps=40)
e
"""
"""The first cell of most tests."""

STATE = """
import json
b = e.session.current
print(json.dumps({
    "status": e.session.player.status.value, "branch": b.name, "seen": sorted(b.frames),
    "at": e._controller.frame.step if e._controller.frame else None, "gammas": b.run.gammas if b.run else [],
    "etas": b.run.etas if b.run else [], "parameter_changes": b.parameter_changes(),
    "model": str(e.session.system.model or ""),
    "chosen": e._controller.look.chosen, "notice": e._controller.notice,
    "branches": [x.name for x in e.session.branches], "compared": e._controller.compared,
}))
"""


class Page:
    """The Explorer of a notebook's first cell, with names for what is on it.

    ``reference`` says whether its protein has one, and so a free energy to wait for.
    """

    def __init__(self, book: Notebook, *, reference: bool = True):
        self.book = book
        book.run(0)
        self.root = book.page.locator(".confdiff-explorer")
        self.root.locator(".cd-header").wait_for()
        drawn = ".heatmaplayer image" if reference else ".nsewdrag"
        self.root.locator(f".plotly {drawn}").first.wait_for()

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name)

    def speed(self, label: str) -> None:
        self.root.get_by_label("Speed").select_option(label=label)

    def gamma(self) -> Locator:
        return self.root.get_by_role("slider", name="γ: how much the sequence decides")

    def wait_for_status(self, *words: str) -> None:
        status = self.root.get_by_role("status").first
        wait_until(
            lambda: any(status.inner_text().startswith(word) for word in words),
            f"the status {' or '.join(words)}, not {status.inner_text()}",
        )

    def run_to_the_end(self) -> None:
        self.button("▶ Run").click()
        self.wait_for_status("finished")

    @property
    def viewer(self) -> Locator:
        return self.root.locator("canvas").first

    def curve(self, row: int) -> str:
        """The drawn paths of one of the plots, 1 to 3."""
        place = "xy" if row == 1 else f"x{row}y{row}"
        return str(self.root.locator(f".plotly .subplot.{place}").first.inner_html())

    def state(self) -> dict:
        return dict(json.loads(self.book.execute(STATE)))

    def download(self, label: str) -> tuple[str, bytes]:
        with self.book.page.expect_download() as waiting:
            self.root.locator(".cd-exports").get_by_role("button", name=label, exact=True).click()
        download = waiting.value
        return download.suggested_filename, download.path().read_bytes()
