"""Lessons: clean sources, execution within a time limit, no warnings in the output."""

from __future__ import annotations

import resource
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXECUTED = ROOT / "build" / "lessons"
"""Executed notebooks, for the documentation."""

CPU_LIMIT = 300
"""CPU seconds per lesson: three minutes on two cores, minus a margin for imports."""


def test_first_lesson_exists():
    assert NOTEBOOKS[0].name == "01_first_look.ipynb"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_sources_are_clean(path):
    """Notebooks are valid and stored without outputs."""
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    first = book.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    for cell in book.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None


SHORT = ("01_first_look",)
"""Lessons that `make test` runs; `make test-long` runs the others."""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=() if path.stem in SHORT else pytest.mark.long)
        for path in NOTEBOOKS
    ],
)
def test_lesson_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")  # no script in the output
    book = nbformat.read(path, as_version=4)
    before = _cpu_seconds()
    client = NotebookClient(
        book, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    spent = _cpu_seconds() - before
    EXECUTED.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, EXECUTED / path.name)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            if output.output_type == "stream" and output.name == "stderr":
                raise AssertionError(f"{path.name} wrote to stderr:\n{output.text}")
    assert spent < CPU_LIMIT, f"{path.name} took {spent:.0f} s of CPU time"


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
