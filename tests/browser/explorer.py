"""The Explorer on a page, as the user sees it."""

from __future__ import annotations

import json

from playwright.sync_api import Locator

from .lab import Notebook, wait_until

SHOW = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", guidance="force", seed=7, samples=8, steps=40)
e
"""
"""The first cell of most tests."""

GAMMA = "Classifier-free guidance scale γ"
ETA = "Physical guidance strength η"
"""Accessible names of the sliders."""

STATE = """
import json
b, state = e.session.current, e._controller.state
print(json.dumps({
    "status": e.session.player.status.value, "branch": b.name, "frames": sorted(b.frames),
    "step": state.frame.step if state.frame else None,
    "gammas": b.run.gammas if b.run else [],
    "etas": b.run.etas if b.run else [], "parameter_changes": b.parameter_changes(),
    "model": str(e.session.system.model or ""),
    "selected": state.display.selected, "notice": state.notice,
    "branches": [x.name for x in e.session.branches], "compared": state.compared,
}))
"""


class Page:
    """The Explorer in the first cell of a notebook.

    ``reference`` says whether its protein has a reference, and so a free energy to wait for.
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
        return self.root.get_by_role("slider", name=GAMMA)

    def wait_for_status(self, *statuses: str) -> None:
        status = self.root.get_by_role("status").first
        wait_until(
            lambda: any(status.inner_text().startswith(name) for name in statuses),
            f"the status {' or '.join(statuses)}, not {status.inner_text()}",
        )

    def run_to_the_end(self) -> None:
        self.button("▶ Run").click()
        self.wait_for_status("finished")

    @property
    def viewer(self) -> Locator:
        return self.root.locator("canvas").first

    def curve(self, row: int) -> str:
        """Return the drawn paths of a plot, 1 to 3."""
        axes = "xy" if row == 1 else f"x{row}y{row}"
        return str(self.root.locator(f".plotly .subplot.{axes}").first.inner_html())

    def state(self) -> dict:
        return dict(json.loads(self.book.execute(STATE)))

    def download(self, label: str) -> tuple[str, bytes]:
        with self.book.page.expect_download() as waiting:
            self.root.locator(".cd-exports").get_by_role("button", name=label, exact=True).click()
        download = waiting.value
        return download.suggested_filename, download.path().read_bytes()
