"""JupyterLab in a real browser.

`Server` is a JupyterLab server with an empty configuration, `Notebook` a notebook open in a page.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page

SCREENSHOTS = Path(__file__).parents[1] / "_screenshots"
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # Chromium's default without a GPU
)
IGNORED = ("STAGE LOG", "to activate.", "Creating view for model", "Starting WebSocket")
"""Parts of console messages that are not reported."""
TIMEOUT = 120.0
"""Time limit (s) for anything that is slow on a busy machine."""


def chromium() -> str | None:
    """Return the path of the browser: $CHROMIUM, or the one installed."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def wait_until(
    condition: Callable[[], Any], what: str, *, timeout: float = TIMEOUT, pause: float = 0.1
) -> Any:
    """Return the first true value of ``condition()``; ``what`` is part of the error."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"Timed out after {timeout:.0f} s waiting for {what}.")
        time.sleep(pause)


class Server:
    """JupyterLab on 127.0.0.1 without the user's settings."""

    token = "confdiff-browser-tests"

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.log = folder / "server.log"
        self.port = str(_free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = self._start(folder)
        wait_until(self._responds, f"a response of JupyterLab (log: {self.log})")

    def _start(self, folder: Path) -> subprocess.Popen[bytes]:
        homes = {
            f"JUPYTER{name}": str(folder / name.strip("_").lower())
            for name in ("_CONFIG_DIR", "_DATA_DIR", "_RUNTIME_DIR")
        } | {
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        for home in (*homes.values(), self.root):
            Path(home).mkdir(parents=True, exist_ok=True)
        news = folder / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
        with self.log.open("wb") as log:
            return subprocess.Popen(
                self._command(),
                env=os.environ | homes | {"JUPYTER_PORT": self.port, "JUPYTER_TOKEN": self.token},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _command(self) -> list[str]:
        options = {
            "ServerApp.port_retries": "0",
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.root_dir": str(self.root),
            "ServerApp.open_browser": "False",
            "ServerApp.allow_root": "True",
            "LabApp.expose_app_in_browser": "True",
            "LabApp.extension_manager": "readonly",
        }
        return [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())]

    def _responds(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"JupyterLab did not start:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(
                f"{self.url}/api?token={self.token}", timeout=5
            ) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()


class FirstLab(Server):
    """JupyterLab started by `confdiff lab`, in a folder with copies of the lessons."""

    def _command(self) -> list[str]:
        start = "from confdiff_widgets.cli import app; app()"
        return [sys.executable, "-c", start, "lab", str(self.root), "--no-browser"]


class Notebook:
    """A notebook open in JupyterLab; cells are counted from 0."""

    def __init__(
        self,
        server: Server,
        browser: BrowserContext,
        name: str,
        cells: list[str],
        *,
        file_browser: bool = False,
    ):
        self.path = server.root / name
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(book, self.path)
        self.console: list[str] = []
        self.errors: list[str] = []
        self._scratch: int | None = None
        self.page: Page
        self._browser = browser
        view = "lab" if file_browser else "doc"
        self._url = f"{server.url}/{view}/tree/{name}?token={server.token}&reset"
        self._open()

    # --- cells --------------------------------------------------------------------------------

    def cell(self, index: int) -> Locator:
        return self.page.locator(f'.jp-Notebook [data-windowed-list-index="{index}"]')

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-OutputArea-child").first

    def start(self, index: int) -> None:
        """Run a cell without waiting for it."""
        self._lab(
            f"cell({index}).executionCount = null;"  # otherwise an earlier run looks like its end
            f"panel.content.activeCellIndex = {index}; run('notebook:run-cell')"
        )

    def run(self, index: int) -> str:
        """Run a cell, wait for it and return the text that it printed. Its error fails the test."""
        self.start(index)
        return self.wait_for(index)

    def run_all(self) -> None:
        """Run all cells, as from the menu, and wait for them."""
        self._lab("run('notebook:run-all-cells')")
        for index in range(self._lab("return panel.content.widgets.length")):
            self.wait_for(index)

    def is_running(self, index: int) -> bool:
        return bool(self._lab(f"return cell({index}).executionState === 'running'"))

    def wait_for(self, index: int) -> str:
        """Wait for a cell and return the text that it printed. Its error fails the test."""
        state = f"const c = cell({index}); return c.executionState === 'idle' && c.executionCount"
        wait_until(lambda: self._lab(state), f"the end of cell {index}")
        return self.printed(index)

    def printed(self, index: int) -> str:
        texts = []
        for output in self._lab(f"return cell({index}).outputs.toJSON()"):
            if output["output_type"] == "error":
                raise AssertionError("\n".join(output["traceback"]))
            if output["output_type"] == "stream":
                text = output["text"]
                texts.append(text if isinstance(text, str) else "".join(text))
        return "".join(texts)

    def execute(self, code: str) -> str:
        """Run code in a cell at the end of the notebook and return the text that it printed."""
        if self._scratch is None:
            self._scratch = self._lab("return panel.content.model.sharedModel.cells.length")
            cell = f"{{cell_type: 'code', source: {json.dumps(code)}, metadata: {{}}}}"
            self._lab(f"panel.content.model.sharedModel.insertCell({self._scratch}, {cell})")
        else:
            scratch = f"panel.content.model.sharedModel.cells[{self._scratch}]"
            self._lab(f"{scratch}.setSource({json.dumps(code)})")
        return self.run(self._scratch)

    # --- the page -----------------------------------------------------------------------------

    def reload(self) -> None:
        """Save the notebook and reload the page; the kernel keeps running."""
        self.save()
        self.page.reload()
        self._wait_for_kernel()

    def reopen(self) -> None:
        """Close the page and open the notebook in another one; the kernel keeps running."""
        self.page.close()
        self._open()

    def save(self) -> None:
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")

    def interrupt_kernel(self) -> None:
        self._lab("run('kernelmenu:interrupt')")

    def restart_kernel(self) -> None:
        """Restart the kernel from the menu, and confirm the dialog."""
        self._lab("run('kernelmenu:restart')")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self._wait_for_kernel()

    def set_theme(self, *, dark: bool) -> None:
        theme = f"JupyterLab {'Dark' if dark else 'Light'}"
        self._lab(f"return run('apputils:change-theme', {{theme: '{theme}'}})")
        wanted = "false" if dark else "true"
        self.page.locator(f'body[data-jp-theme-light="{wanted}"]').wait_for(state="attached")
        # JupyterLab removes its splash late, and fails if another change shows it again before
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Save a screenshot in tests/_screenshots, for inspection."""
        SCREENSHOTS.mkdir(exist_ok=True)
        file = SCREENSHOTS / f"{name}.png"
        (of or self.page).screenshot(path=file)
        return file

    def close(self) -> None:
        """Shut down the kernel and close the page."""
        self._lab("return panel?.sessionContext?.shutdown()")
        self.page.close()

    # --- private ------------------------------------------------------------------------------

    def _open(self) -> None:
        self.page = page = self._browser.new_page()
        page.set_default_timeout(TIMEOUT * 1000)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._on_error(f"uncaught: {error}"))
        page.goto(self._url)
        self._wait_for_kernel()

    def _lab(self, code: str) -> Any:
        """Evaluate JavaScript, with JupyterLab's `app`, the `panel`, `cell(i)` and `run(id)`."""
        return self.page.evaluate(
            "() => { const app = window.jupyterapp; const panel = app.shell.currentWidget;"
            "const cell = (i) => panel.content.widgets[i].model;"
            "const run = (id, args) => void app.commands.execute(id, args);"
            f"{code} }}"
        )

    def _wait_for_kernel(self) -> None:
        self.page.locator(".jp-Notebook").wait_for()
        state = "return panel?.sessionContext?.session?.kernel?.status === 'idle'"
        wait_until(lambda: self._lab(state), "an idle kernel")

    def _on_console(self, message: ConsoleMessage) -> None:
        text = f"{message.type}: {message.text}"
        if not any(noise in text for noise in IGNORED):
            self.console.append(text)
        if message.type == "error":
            self._on_error(text)

    def _on_error(self, text: str) -> None:
        self.console.append(text)
        self.errors.append(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
