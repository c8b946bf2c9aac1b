"""``confdiff doctor``: check versions, devices and bundled files."""

from __future__ import annotations

import importlib.metadata as metadata
import platform
from pathlib import Path

import typer
from rich.table import Column, Table
from rich.text import Text

from ._console import output

REQUIRED = (
    "torch", "numpy", "scipy", "mdtraj", "deeptime", "safetensors", "tmtools", "openmm", "pdbfixer",
    "jupyterlab", "ipywidgets", "anywidget", "nglview", "plotly",
)  # fmt: skip
OPTIONAL = {
    "lightning-fabric": ("training", "train"),
    "fair-esm": ("ESM-2 representations", "esm"),
    "transformers": ("ESMFold representations", "esm"),
    "huggingface-hub": ("published checkpoints", "esm"),
    "dask": ("sweeps on a cluster", "cluster"),
}
BROWSER_PARTS = {
    "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets",
    "anywidget": "anywidget",
    "nglview-js-widgets": "nglview",
    "confdiff-widgets": "confdiff-widgets",
}
"""JupyterLab extensions and the packages that provide them."""


def doctor() -> None:
    """Show what is installed, what is missing and how to fix it."""
    from .. import __version__

    columns = (Column(name, overflow="fold") for name in ("part", "found", "fix"))
    table = Table(*columns, box=None)
    table.add_row("confdiff-widgets", __version__, "")
    table.add_row("Python", platform.python_version(), "")
    problems = 0
    for package in REQUIRED:
        version = _version(package)
        problems += version is None
        table.add_row(
            package, version or Text("missing", "red"), "" if version else f"pip install {package}"
        )
    for package, (use, extra) in OPTIONAL.items():
        version = _version(package)
        table.add_row(
            package,
            version or Text.assemble(("not installed", "yellow"), f", needed for {use}"),
            "" if version else f"pip install 'confdiff-widgets[{extra}]'",
        )
    for part, package in BROWSER_PARTS.items():
        if not _has_labextension(part):
            problems += 1
            fix = f"pip install --force-reinstall --no-deps {package}"
            table.add_row(f"{part} for JupyterLab", Text("missing", "red"), fix)
    for part, found, fix in _device_rows() if _version("torch") else []:
        table.add_row(part, found, fix)
    missing = _missing_files() if _version("torch") and _version("deeptime") else []
    problems += len(missing)
    table.add_row(
        "bundled models",
        Text(f"{', '.join(missing)} missing", "red") if missing else _bundled(),
        "reinstall: pip install --force-reinstall confdiff-widgets" if missing else "",
    )
    output.print(table)
    if problems:
        number = Text(f"{problems} problem(s) found.", "red")
        output.print(number, "The last column says how to fix them.")
        raise typer.Exit(1)
    output.print("No problems found.", style="green")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _has_labextension(name: str) -> bool:
    from jupyter_core.paths import jupyter_path

    return any((Path(p) / name / "package.json").is_file() for p in jupyter_path("labextensions"))


def _device_rows() -> list[tuple[str, str, str]]:
    import psutil
    import torch

    memory = psutil.virtual_memory()
    rows = [
        (
            "CPU",
            f"{psutil.cpu_count(logical=False) or psutil.cpu_count()} cores, "
            f"{torch.get_num_threads()} threads in use, "
            f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free",
            "",
        )
    ]
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        name = torch.cuda.get_device_name(index)
        rows.append(
            (f"cuda:{index}", f"{name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free", "")
        )
    if not torch.cuda.is_available():
        fix = "fine for the bundled proteins; a CUDA build of torch is faster for longer ones"
        rows.append(("CUDA", "none", fix))
    return rows


def _missing_files() -> list[str]:
    from ..proteins.catalogue import missing_files

    return missing_files()


def _bundled() -> str:
    from .. import proteins

    return ", ".join(proteins.names())
