"""The JupyterLab extension: launcher card, command palette and file browser."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator

from .conftest import HARMLESS
from .lab import SCREENSHOTS, TIMEOUT, Server, wait_until

SPECIAL_NAME = """it's "my" protein, αβ 1"""
ENTRIES = {"Sample conformations", "Open ensemble"}


class Lab:
    """A page of JupyterLab whose file browser shows a new folder."""

    def __init__(self, server: Server, browser: BrowserContext, folder: Path) -> None:
        self.folder = folder
        self.errors: list[str] = []
        self.page = browser.new_page()
        self.page.set_default_timeout(TIMEOUT * 1000)
        self.page.on("console", self._on_console)
        self.page.goto(f"{server.url}/lab/tree/{folder.name}?token={server.token}&reset")
        self.card.wait_for()

    @property
    def card(self) -> Locator:
        return self.page.locator(".jp-LauncherCard", has_text="ConfDiff Explorer")

    def command(self, name: str, arguments: str = "{}") -> None:
        self.page.evaluate(f"window.jupyterapp.commands.execute('{name}', {arguments})")

    def entries(self, file: str) -> set[str]:
        """Open the file browser's menu of a file and return our entries."""
        item = self.page.locator(".jp-DirListing-item", has=self.page.get_by_text(file, exact=True))
        item.click(button="right")
        menu = self.page.locator(".lm-Menu")
        menu.get_by_text("Rename", exact=True).wait_for()
        return ENTRIES & set(
            menu.locator(".lm-Menu-item:visible .lm-Menu-itemLabel").all_inner_texts()
        )

    def choose(self, entry: str) -> None:
        self.page.locator(".lm-Menu-item", has_text=entry).click()

    def executed_notebook(self) -> tuple[Path, list[str]]:
        """Return the path and the cells of the notebook that opened, once its last cell has run.

        Console errors after this point are left to the tests of the Explorer.
        """
        self.page.locator(".jp-Notebook").wait_for()
        self.page.remove_listener("console", self._on_console)
        state: dict[str, Any] = wait_until(
            lambda: self.page.evaluate(
                "() => { const { context, content } = window.jupyterapp.shell.currentWidget;"
                "const cells = content?.model?.sharedModel.cells ?? [];"
                "return cells.at(-1)?.execution_count"
                " && { path: context.path, cells: cells.map((cell) => cell.source) } }"
            ),
            "an executed cell",
        )
        return Path(state["path"]), state["cells"]

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"extension_{name}.png")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def close(self) -> None:
        self.page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
        self.page.close()


@pytest.fixture
def open_lab(
    server: Server, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Lab]]:
    """Return a function that opens JupyterLab in a new folder with these empty files."""
    opened: list[Lab] = []

    def open_(*files: str) -> Lab:
        folder = server.root / request.node.name
        folder.mkdir()
        for file in files:
            (folder / file).touch()
        opened.append(Lab(server, browser, folder))
        return opened[-1]

    yield open_
    errors = [e for lab in opened for e in lab.errors if not any(h in e for h in HARMLESS)]
    for lab in opened:
        lab.close()
    assert not errors, "Errors in the browser's console:\n" + "\n".join(errors)


def test_the_launcher_card_runs_the_explorer(open_lab):
    lab = open_lab()
    lab.card.click()
    path, (explanation, code) = lab.executed_notebook()
    assert path.parent.name == lab.folder.name
    assert "chignolin" in explanation
    assert code == 'from confdiff_widgets import Explorer\n\nExplorer("chignolin", play=True)'
    lab.screenshot("explorer")


def test_the_card_follows_the_theme(open_lab):
    lab = open_lab()
    dots, ribbon = lab.card.locator("svg circle").first, lab.card.locator("svg path")

    def colors() -> tuple[str, str]:
        return (
            dots.evaluate("(el) => getComputedStyle(el).fill"),
            ribbon.evaluate("(el) => getComputedStyle(el).stroke"),
        )

    light = colors()
    lab.screenshot("light")
    try:
        lab.command("apputils:change-theme", "{theme: 'JupyterLab Dark'}")
        wait_until(
            lambda: all(a != b for a, b in zip(colors(), light, strict=True)), "dark colours"
        )
        lab.screenshot("dark")
    finally:
        lab.command("apputils:change-theme", "{theme: 'JupyterLab Light'}")
    wait_until(lambda: colors() == light, "light colours again")


def test_the_command_palette_runs_the_explorer(open_lab):
    lab = open_lab()
    lab.page.keyboard.press("Control+Shift+C")
    lab.page.keyboard.type("confdiff explorer")
    lab.page.locator(
        ".lm-CommandPalette-item.lm-mod-active", has_text="ConfDiff Explorer"
    ).wait_for()
    lab.screenshot("palette")
    lab.page.keyboard.press("Enter")
    _, cells = lab.executed_notebook()
    assert cells[-1].endswith('Explorer("chignolin", play=True)')


def test_the_file_menu_offers_the_suitable_commands(open_lab):
    offered = {
        "a.fasta": {"Sample conformations"},
        "b.fa": {"Sample conformations"},
        "c.pdb": ENTRIES,
        "d.CIF": ENTRIES,
        "e.xtc": {"Open ensemble"},
        "f.dcd": {"Open ensemble"},
        "g.npz": {"Open ensemble"},
        "h.txt": set(),
    }
    lab = open_lab(*offered)
    for file, entries in offered.items():
        assert lab.entries(file) == entries, file
        if file == "c.pdb":
            lab.screenshot("menu")
        lab.page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("suffix", "entry", "function"),
    [
        ("fasta", "Sample conformations", "Explorer.from_file"),
        ("pdb", "Open ensemble", "open_ensemble"),
    ],
)
def test_file_names_with_special_characters(open_lab, suffix, entry, function):
    file = f"{SPECIAL_NAME}.{suffix}"
    lab = open_lab(file)
    assert entry in lab.entries(file)
    lab.choose(entry)
    path, cells = lab.executed_notebook()
    assert path.parent.name == lab.folder.name, "the file name is a path relative to the notebook"
    call = ast.parse(cells[-1]).body[-1].value
    assert ast.unparse(call.func) == function
    assert [argument.value for argument in call.args] == [file]
