"""The other subcommands, and the command in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from confdiff_widgets.cli._console import output
from confdiff_widgets.proteins import catalogue


def process(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", "from confdiff_widgets.cli import app; app()", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_proteins(confdiff):
    result = confdiff("proteins")
    assert result.exit_code == 0
    for words in ("chignolin", "trp-cage", "5AWL", "2JOF", "YYDPETGTWY", "350 K"):
        assert words in result.stdout


def test_doctor(confdiff):
    result = confdiff("doctor")
    assert result.exit_code == 0
    for words in ("torch", "CPU", "chignolin, trp-cage", "No problems found"):
        assert words in result.stdout


def test_doctor_names_missing_files_and_the_fix(confdiff, monkeypatch, tmp_path):
    (tmp_path / "data" / "chignolin").mkdir(parents=True)
    monkeypatch.setattr(catalogue, "_root", lambda folder: tmp_path / folder)
    narrow = confdiff("doctor")
    assert "…" not in narrow.stdout  # nothing is truncated
    monkeypatch.setattr(output, "width", 400)
    wide = confdiff("doctor")
    assert narrow.exit_code == wide.exit_code == 1
    for name in ("/conditional.safetensors", "unconditional.safetensors", "reference.npz"):
        assert name in wide.stdout
    assert "pip install --force-reinstall confdiff-widgets" in wide.stdout
    assert "10 problem(s) found" in wide.stdout


def test_doctor_names_missing_packages(confdiff, monkeypatch):
    present = metadata.version

    def version(package: str) -> str:
        if package in ("nglview", "dask"):
            raise metadata.PackageNotFoundError(package)
        return present(package)

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(output, "width", 400)
    result = confdiff("doctor")
    assert result.exit_code == 1
    assert "pip install nglview" in result.stdout
    assert "pip install 'confdiff-widgets[cluster]'" in result.stdout
    assert "1 problem(s) found" in result.stdout


def test_help_does_not_import_torch():
    """Help and usage errors must be immediate."""
    script = (
        "import sys\n"
        "from confdiff_widgets.cli import app\n"
        "try:\n"
        "    app(['sample', '--help'])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code\n"
        "heavy = {'torch', 'mdtraj', 'scipy', 'numpy', 'matplotlib', 'plotly'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--gamma" in done.stdout


def test_sampling_imports_neither_statistics_nor_sympy(tmp_path):
    """A short run takes little longer than the import of torch."""
    script = (
        "import sys\n"
        "from confdiff_widgets.cli import app\n"
        "try:\n"
        "    app(['sample', 'chignolin', '-n', '1', '--steps', '2', '--out', sys.argv[1]])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code\n"
        "heavy = {'scipy.stats', 'scipy.sparse', 'sympy', 'tmtools'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path / "a.npz")]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_sample_in_a_process(tmp_path):
    done = process(
        "sample", "chignolin", "-n", "2", "--steps", "2", "--gamma", "0.5", "--json",
        "--out", str(tmp_path / "c[x].pdb"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["files"] == [str(tmp_path / "c[x].pdb")]
    assert Path(summary["files"][0]).stat().st_size > 0


def test_failure_in_a_process():
    done = process("sample", "chignolim")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "Error: Unknown protein 'chignolim'. Did you mean chignolin? Bundled: chignolin, trp-cage."
    ]


@pytest.fixture
def executed(monkeypatch) -> list[list[str]]:
    """Commands given to `os.execv`."""
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, command: commands.append(command))
    return commands


def test_lab_opens_a_copy_of_the_first_notebook(confdiff, executed):
    result = confdiff("lab", "work", "--no-browser")
    assert result.exit_code == 0, result.stderr
    notebook = Path("work/01_first_look.ipynb")
    assert json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert executed[0][:4] == [sys.executable, "-m", "jupyterlab", str(notebook)]
    assert "--no-browser" in executed[0]


def test_lab_keeps_existing_notebooks(confdiff, executed):
    Path("01_first_look.ipynb").write_text("mine")
    confdiff("lab")
    assert Path("01_first_look.ipynb").read_text() == "mine"
    assert len(executed) == 1
