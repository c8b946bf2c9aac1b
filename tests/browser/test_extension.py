"""The JupyterLab extension: launcher card, command palette and file browser."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator

from .conftest import HARMLESS
from .explorer import SHOW, Page
from .lab import SCREENSHOTS, TIMEOUT, Server, wait_until
from .pixels import changed_fraction, pixels

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

    def tab(self, shown: str = ".jupyter-widgets") -> Locator:
        """Return the tab that a command has opened, once it shows a widget or another output.

        Console errors after this point are left to the tests of the Explorer.
        """
        self.page.remove_listener("console", self._on_console)
        tab = self.page.locator(".confdiff-tab")
        tab.locator(shown).first.wait_for()
        return tab

    def files(self) -> set[str]:
        """Return the files in the folder, without saved runs."""
        return {path.name for path in self.folder.iterdir()} - {"confdiff_runs"}

    def code(self) -> str:
        """Return the code that the tab has run."""
        return str(
            self.page.evaluate(
                "window.jupyterapp.shell.currentWidget.console.cells.get(0)"
                ".model.sharedModel.source"
            )
        )

    def end_kernels(self) -> None:
        self.page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")

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


def test_the_launcher_card_opens_the_explorer_without_a_notebook(open_lab):
    lab = open_lab()
    lab.card.click()
    tab = lab.tab()
    tab.locator(".cd-header", has_text="Chignolin").wait_for()
    assert lab.code().endswith('Explorer("chignolin", play=True)\nconfdiff_widget')
    assert lab.files() == set(), "no notebook is left behind"
    area, timeline = tab.bounding_box(), tab.locator(".cd-timeline").bounding_box()
    assert timeline["y"] + timeline["height"] <= area["y"] + area["height"] + 1
    assert not tab.locator(".jp-CodeConsole-input").is_visible()
    lab.screenshot("explorer")
    lab.page.reload()
    lab.page.locator(".confdiff-tab .cd-header", has_text="Chignolin").wait_for()
    lab.end_kernels()


def test_an_explorer_of_a_notebook_opens_in_a_tab(open_notebook):
    page = Page(open_notebook(SHOW, file_browser=True))
    page.root.get_by_role("button", name="Tab", exact=True).click()
    tab = page.book.page.locator(".confdiff-tab")
    tab.locator(".cd-timeline").wait_for()
    tab.locator("canvas").first.wait_for()
    plot = tab.locator(".plotly .main-svg").first
    wait_until(lambda: right_end(plot) <= right_end(tab), "the plots in the width of the tab")
    viewer = tab.locator("canvas").first
    wait_until(lambda: drawn_fraction(viewer) > 0.02, "the native structure, before any step")
    page.book.screenshot("explorer_tab")
    assert not tab.get_by_role("button", name="Tab", exact=True).is_visible()
    area, timeline = tab.bounding_box(), tab.locator(".cd-timeline").bounding_box()
    assert timeline["y"] + timeline["height"] <= area["y"] + area["height"] + 1
    page.book.page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    page.root.locator(".cd-timeline").wait_for()
    assert page.root.locator("canvas").first.is_visible()


def right_end(element: Locator) -> float:
    box = element.bounding_box()
    return box["x"] + box["width"]


def drawn_fraction(viewer: Locator) -> float:
    """Return the fraction of the middle of a viewer that differs from its background."""
    image = pixels(viewer)
    middle = image[len(image) // 4 : -len(image) // 4]
    return changed_fraction(np.broadcast_to(middle[0, 0], middle.shape), middle)


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
    lab.tab()
    assert lab.code().endswith('Explorer("chignolin", play=True)\nconfdiff_widget')
    lab.end_kernels()


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
    lab.tab(".jp-OutputArea-output")  # an error, because the file is empty
    assert lab.files() == {file}
    call = ast.parse(lab.code()).body[1].value
    assert ast.unparse(call.func) == function
    assert [argument.value for argument in call.args] == [file]
    lab.end_kernels()
