"""Fixtures: one JupyterLab and one Chromium for all browser tests, a new notebook for each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from .explorer import SHOW
from .explorer import Page as Explorer
from .lab import CHROMIUM_FLAGS, Notebook, Server, chromium

HARMLESS = (
    "favicon",
    "Download the React DevTools",
    "Could not restore the debugger state",  # JupyterLab, if a kernel restarts meanwhile
    "reading '_template'",  # plotly, if a layout arrives while a page reloads
)
"""Parts of console errors that are not caused by this package."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    executable = chromium()
    if executable is None:
        message = "Chromium not found. Install it with `make system`, or set CHROMIUM to its path."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"),
            executable_path=executable,
            args=list(CHROMIUM_FLAGS),
            viewport={"width": 1280, "height": 720},
        )
        yield context
        context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


@pytest.fixture
def open_notebook(
    server: Server, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Return a function that opens a new notebook with these cells in a new page.

    With ``file_browser``, the page shows JupyterLab's file browser, otherwise the notebook alone.
    Errors in the browser's console fail the test.
    """
    opened: list[Notebook] = []

    def open_(*cells: str, file_browser: bool = False) -> Notebook:
        name = f"{request.node.name}-{len(opened)}.ipynb"
        opened.append(Notebook(server, browser, name, list(cells), file_browser=file_browser))
        return opened[-1]

    request.node.notebooks = opened
    yield open_
    errors = [e for book in opened for e in book.errors if not any(h in e for h in HARMLESS)]
    for book in opened:
        book.close()
    assert not errors, "Errors in the browser's console:\n" + "\n".join(errors)


@pytest.fixture
def explorer(open_notebook: Callable[..., Notebook]) -> Explorer:
    """The Explorer of chignolin in a new notebook."""
    return Explorer(open_notebook(SHOW))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the browser's console to the report of a failed test."""
    report = yield
    if report.failed:
        for book in getattr(item, "notebooks", []):
            report.sections.append((f"console of {book.path.name}", "\n".join(book.console[-60:])))
    return report
