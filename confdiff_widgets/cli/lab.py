"""``confdiff lab``: open JupyterLab on the first notebook."""

from __future__ import annotations

import os
import sys
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError
from ..files.writing import make_folder, write_bytes
from ._console import messages

NOTEBOOK = "01_first_look.ipynb"


class LabMissingError(UserError):
    """JupyterLab is not installed."""


def lab(
    folder: Annotated[
        Path, typer.Argument(help="Working folder; missing lessons are copied into it.")
    ] = Path("."),
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on the first notebook."""
    if find_spec("jupyterlab") is None:
        raise LabMissingError(
            "JupyterLab is not installed. Install it with: pip install jupyterlab"
        )
    make_folder(folder)
    notebook = folder / NOTEBOOK
    for lesson in _lessons():
        if not (folder / lesson.name).exists():
            write_bytes(folder / lesson.name, lesson.read_bytes())
            messages.print(f"Copied a lesson to {folder / lesson.name}")
    # The extension runs its first cell (js/labextension/src/first-notebook.ts).
    page = {"page_config_data": {"confdiffFirst": NOTEBOOK}}
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    command.append(f"--ServerApp.tornado_settings={page}")
    command.append(f"--LabApp.default_url=/lab/tree/{NOTEBOOK}")  # for users who copy the URL
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    os.execv(sys.executable, command)


def _lessons() -> list[Path]:
    bundled = Path(str(resources.files("confdiff_widgets").joinpath("notebooks")))
    folder = bundled if bundled.is_dir() else Path(__file__).parents[2] / "notebooks"
    return sorted(folder.glob("*.ipynb"))
