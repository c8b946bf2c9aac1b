"""Builds the pages of the lessons: notebooks as Markdown, with their outputs where there are any.

``build/lessons`` holds notebooks that the tests executed, and ``explorer.html``, the film of a run
(docs/_hooks/film.py). Without them the pages show code and text alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
EXECUTED = ROOT / "build" / "lessons"
FILM = EXECUTED / "explorer.html"

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
LIVE = "*(Here is a widget: it lives in JupyterLab, with a kernel.)*"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and what the pages need."""
    pages = sorted(NOTEBOOKS.glob("*.ipynb"))
    rows = []
    for path in pages:
        book = _book(path)
        rows.append(f"- [{_title(book)}]({path.name}.md)")
        for file in _page(book, path.name, config):
            files.append(file)
    first = _book(pages[0])
    for cell in first.cells:
        cell.metadata["tags"] = ["hidden"] if cell.cell_type == "code" else []
    for file in _page(first, "first_look_page", config):
        files.append(file)
    index = "# Lessons\n\nEach runs from top to bottom in three minutes or less, on two cores: "
    index += "`confdiff lab` copies them beside you and opens the first.\n\n" + "\n".join(rows)
    files.append(File.generated(config, "lessons/index.md", content=index + "\n"))
    if FILM.is_file():
        files.append(File.generated(config, "lessons/explorer.html", abs_src_path=str(FILM)))
    files.append(File.generated(config, "lessons/plotly.min.js", content=_plotly()))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "changelog.md", content=changes))
    return files


def _book(path: Path) -> NotebookNode:
    executed = EXECUTED / path.name
    if executed.is_file():
        book = nbformat.read(executed, as_version=4)
        source = nbformat.read(path, as_version=4)
        if [c.source for c in book.cells] == [c.source for c in source.cells]:
            return book  # else it was executed before the last change
    return nbformat.read(path, as_version=4)


def _title(book: NotebookNode) -> str:
    return str(book.cells[0].source.splitlines()[0].lstrip("# "))


def _page(book: NotebookNode, name: str, config: MkDocsConfig) -> list[File]:
    """The page of a notebook and the files that it shows."""
    files = []
    for number, cell in enumerate(book.cells):
        kept = []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET in data and "Explorer(" in cell.source:
                kept = [_text(_film())]
                break  # what follows is the picture that a saved notebook keeps
            if WIDGET in data:
                output = _text(LIVE)
            elif PLOTLY in data:
                frame = f"{name}-{number}.html"
                page = _figure(data[PLOTLY])
                files.append(File.generated(config, f"lessons/{frame}", content=page))
                output = _text(f'<iframe class="figure" src="{frame}" title="figure"></iframe>')
            elif output.get("name") == "stderr":
                continue
            kept.append(output)
        if cell.cell_type == "code":
            cell.outputs = kept
    exporter = MarkdownExporter()
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    exporter.register_preprocessor(_Hide, enabled=True)
    text, resources = exporter.from_notebook_node(
        book, resources={"output_files_dir": f"{name}_files", "unique_key": name}
    )
    for path, content in resources["outputs"].items():
        files.append(File.generated(config, f"lessons/{path}", content=content))
    files.append(File.generated(config, f"lessons/{name}.md", content=text))
    return files


def _Hide(book: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
    """Leave out the code of cells that say so."""
    for cell in book.cells:
        if "hidden" in cell.metadata.get("tags", []):
            cell.transient = {"remove_source": True}
    return book, resources


def _text(markdown: str) -> NotebookNode:
    data = {"text/markdown": markdown}
    return nbformat.v4.new_output("display_data", data=data)


def _film() -> str:
    if not FILM.is_file():
        return LIVE
    return (
        '<iframe class="film" src="explorer.html" title="A run of the Explorer"></iframe>\n\n'
        "*(The Explorer lives in JupyterLab; this is a recorded run of it, made on the day this "
        "page was built.)*"
    )


def _figure(content: dict) -> str:
    """A plotly figure as a page of its own, so that Markdown cannot touch its script."""
    figure = json.dumps({"data": content["data"], "layout": content["layout"]})
    return (
        '<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#fff}</style>'
        '<div id="figure"></div><script src="plotly.min.js"></script>'
        f"<script>const f = {figure}; Plotly.newPlot('figure', f.data, f.layout,"
        " {responsive: true, displaylogo: false});</script>"
    )


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
