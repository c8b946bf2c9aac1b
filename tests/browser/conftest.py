"""One JupyterLab and one Chromium for all browser tests; a fresh notebook for each."""

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
    "Could not restore the debugger state",  # JupyterLab's, where a kernel restarts while it asks
    "reading '_template'",  # plotly's, on a layout that arrives while a reloaded page restores it
)
"""In console errors that say nothing about this package."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    executable = chromium()
    if executable is None:
        message = "no Chromium: `make system` installs it, or set CHROMIUM to the path of one"
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
    """``open_notebook(cell, cell, ...)``: a new notebook, open in its own page.

    Errors in the browser's console fail the test.
    """
    opened: list[Notebook] = []

    def open_(*cells: str) -> Notebook:
        name = f"{request.node.name}-{len(opened)}.ipynb"
        opened.append(Notebook(server, browser, name, list(cells)))
        return opened[-1]

    request.node.notebooks = opened
    yield open_
    errors = [e for book in opened for e in book.errors if not any(h in e for h in HARMLESS)]
    for book in opened:
        book.close()
    assert not errors, "Errors in the browser's console:\n" + "\n".join(errors)


@pytest.fixture
def explorer(open_notebook: Callable[..., Notebook]) -> Explorer:
    """The Explorer of chignolin in a notebook of its own."""
    return Explorer(open_notebook(SHOW))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failing test shows what the browser's console said."""
    report = yield
    if report.failed:
        for book in getattr(item, "notebooks", []):
            report.sections.append((f"console of {book.path.name}", "\n".join(book.console[-60:])))
    return report
