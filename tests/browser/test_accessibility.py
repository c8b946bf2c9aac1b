"""The widgets have no violations of the rules of axe-core (WCAG 2 A and AA, best practices)."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from .explorer import SHOW, Page

PLOTLY = ".js-plotly-plot"
"""Drawn by plotly; their values are also in the table."""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_explorer_is_accessible(open_notebook, dark):
    page = Page(open_notebook(SHOW))
    if dark:
        page.book.set_theme(dark=True)
    try:
        for name in ("Protein and sampler", "Start from"):
            page.root.get_by_text(name, exact=True).click()
        page.run_to_the_end()
        page.root.get_by_text("Runs (1)").click()
        assert violations(page) == []
    finally:
        if dark:
            page.book.set_theme(dark=False)


def violations(page: Page) -> list[str]:
    """Return a line for each element that violates a rule."""
    found = Axe().run(
        page.book.page, context={"include": [[".confdiff-explorer"]], "exclude": [[PLOTLY]]}
    )
    assert len(found.response["passes"]) > 20, "axe-core has looked at the widget"
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:150]}: {node['failureSummary']}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
