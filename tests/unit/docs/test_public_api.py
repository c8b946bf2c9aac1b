"""The list of the public interface agrees with the exports, and lessons and copied code use it."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

import confdiff_widgets
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.live import Status
from confdiff_widgets.models.temperature import eta_of_temperature
from confdiff_widgets.proteins import folded_structure
from confdiff_widgets.widgets.explorer.copied_code import code_for

from .conftest import ROOT

PAGE = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
LISTED = {
    heading: set(re.findall(r"^\| `(\w+)` \|", content, re.MULTILINE))
    for heading, content in re.findall(r"^## ([\w.]+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
}
"""Names of each package on the page."""

NOT_PUBLIC = {
    "confdiff_widgets.cli": "the command `confdiff`",
    "confdiff_widgets.diffusion.solvers": "for new solvers, see docs/develop/add_a_solver.md",
    "confdiff_widgets.files": "used by readers and writers",
    "confdiff_widgets.training": "used through `confdiff train`",
    "confdiff_widgets.widgets.ensembles": "its widgets are in confdiff_widgets.widgets",
    "confdiff_widgets.widgets.explorer": "its widget is in confdiff_widgets.widgets",
    "confdiff_widgets.widgets.streaming": "used by the widgets",
    "confdiff_widgets.widgets.sweep": "its widget is in confdiff_widgets.widgets",
    "confdiff_widgets.widgets.viewer": "its widget is in confdiff_widgets.widgets",
}
"""Packages that are not on the page, with the reason."""

PACKAGES = {
    "confdiff_widgets",
    *(
        module.name
        for module in pkgutil.walk_packages(confdiff_widgets.__path__, "confdiff_widgets.")
        if module.ispkg
    ),
}


def test_every_package_is_listed_or_not_public():
    modules = {"confdiff_widgets.errors"}
    assert LISTED.keys() - modules == PACKAGES - NOT_PUBLIC.keys()
    assert NOT_PUBLIC.keys() <= PACKAGES


@pytest.mark.parametrize("package", LISTED)
def test_the_page_lists_the_exports_of_each_package(package):
    module = importlib.import_module(package)
    if package == "confdiff_widgets.errors":
        exported = {name for name, found in vars(module).items() if isinstance(found, type)}
    else:
        exported = set(module.__all__)
        assert sorted(module.__all__) == sorted(exported)
    assert LISTED[package] == exported
    for name in exported:
        assert not isinstance(getattr(module, name), ModuleType)
        assert not name.startswith("_")


def test_reference_pages_describe_public_names_only():
    unknown = []
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        for path in re.findall(r"^::: ([\w.]+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            package, _, name = path.rpartition(".")
            package = package.removesuffix(f".{name}")  # a function with the name of its module
            if name not in LISTED.get(package, ()):
                unknown.append(path)
    assert unknown == []


# --- imports of lessons, documentation and copied code --------------------------------------------


def imported(code: str) -> set[tuple[str, str]]:
    """Return the packages and names of the package that code imports."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
    return {(module, name) for module, name in found if module.startswith("confdiff_widgets")}


def private(imports: set[tuple[str, str]]) -> list[str]:
    """Return the imports that are not public."""
    return [
        f"{module}.{name}"
        for module, name in sorted(imports)
        if name not in LISTED.get(module, ()) and f"{module}.{name}" not in LISTED
    ]


def test_private_imports_are_found():
    code = (
        "from confdiff_widgets import proteins\nfrom confdiff_widgets.geometry.rigid import Rigid"
    )
    assert private(imported(code)) == ["confdiff_widgets.geometry.rigid.Rigid"]
    assert private(imported("import confdiff_widgets.live.player")) == [
        "confdiff_widgets.live.player."
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_lessons_import_public_names_only(path):
    book = nbformat.read(path, as_version=4)
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    imports = imported("\n".join(cell for cell in cells if not cell.startswith(("%", "!"))))
    assert imports
    assert private(imports) == []


USER_PAGES = [
    ROOT / "README.md",
    *(page for page in (ROOT / "docs").rglob("*.md") if "develop" not in page.parts),
]


def test_code_in_the_documentation_imports_public_names_only():
    found = {}
    for page in USER_PAGES:
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            if wrong := private(imported(block)):
                found[page.name] = wrong
    assert found == {}


@pytest.fixture
def session(make_session, tmp_path):
    session = make_session(folder=tmp_path, t_start=1.0)
    session.player.wait(Status.READY)
    return session


def test_copied_code_imports_public_names_only(session):
    branch = session.current
    schedule = Schedule(0.5, 0.9, 0.1, "cosine")
    branch.config = dataclasses.replace(branch.config, gamma=schedule)
    start = folded_structure(session.system, fixed="1-3")
    codes = [code_for(session)]
    branch.start = start
    codes.append(code_for(session))
    branch.start = dataclasses.replace(start, file="mine.pdb")
    codes.append(code_for(session))
    branch.recording = type("Saved", (), {"folder": Path("runs")})()
    codes.append(code_for(session))
    branch.recording = None
    imports = set().union(*map(imported, codes))
    assert {name for _, name in imports} >= {
        "load_system", "Run", "SamplerConfig", "Schedule", "Recording",
    }  # fmt: skip
    assert private(imports) == []


def test_copied_code_of_a_temperature_imports_public_names_only(make_session, thermal_system):
    session = make_session(system=thermal_system, guidance="temperature", eta=0.5, folder=None)
    session.player.wait(Status.READY)
    session.player.step()
    session.player.wait(Status.PAUSED)
    session.player.set_parameters(eta=eta_of_temperature(330.0))
    session.play()
    session.player.wait(Status.FINISHED)
    imports = imported(code_for(session))
    assert ("confdiff_widgets.guidance", "eta_of_temperature") in imports
    assert private(imports) == []
