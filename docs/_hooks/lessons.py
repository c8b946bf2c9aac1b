"""Generate the pages of the lessons: notebooks as Markdown, with their outputs if available.

``build/lessons`` contains the notebooks executed by the tests, and ``explorer.html``, a recorded
run (docs/_hooks/recorded_run.py). Without them, the pages show only code and text.
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
RECORDED_RUN = EXECUTED / "explorer.html"

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
WIDGET_NOTE = "*(A widget; open the notebook in JupyterLab to use it.)*"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and the files that the pages use."""
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
    intro = "Each lesson takes at most three minutes on two cores. `confdiff lab` copies the "
    intro += "notebooks to the current folder and opens the first one."
    index = "\n\n".join(["# Lessons", intro, "\n".join(rows)])
    files.append(File.generated(config, "lessons/index.md", content=index + "\n"))
    if RECORDED_RUN.is_file():
        files.append(
            File.generated(config, "lessons/explorer.html", abs_src_path=str(RECORDED_RUN))
        )
    files.append(File.generated(config, "lessons/plotly.min.js", content=_plotly()))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "changelog.md", content=changes))
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    content = contributing.replace("](docs/", "](")
    files.append(File.generated(config, "contributing.md", content=content))
    return files


def _book(path: Path) -> NotebookNode:
    executed = EXECUTED / path.name
    if executed.is_file():
        book = nbformat.read(executed, as_version=4)
        source = nbformat.read(path, as_version=4)
        if [c.source for c in book.cells] == [c.source for c in source.cells]:
            return book  # otherwise the executed copy is outdated
    return nbformat.read(path, as_version=4)


def _title(book: NotebookNode) -> str:
    return str(book.cells[0].source.splitlines()[0].lstrip("# "))


def _page(book: NotebookNode, name: str, config: MkDocsConfig) -> list[File]:
    """Return the page of a notebook and the files that it shows."""
    files = []
    for number, cell in enumerate(book.cells):
        shown = []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET in data and "Explorer(" in cell.source:
                shown = [_text(_recorded_run())]
                break  # the next output is the static figure of a saved notebook
            if WIDGET in data:
                output = _text(WIDGET_NOTE)
            elif PLOTLY in data:
                frame = f"{name}-{number}.html"
                page = _figure(data[PLOTLY])
                files.append(File.generated(config, f"lessons/{frame}", content=page))
                output = _text(f'<iframe class="figure" src="{frame}" title="figure"></iframe>')
            elif output.get("name") == "stderr":
                continue
            shown.append(output)
        if cell.cell_type == "code":
            cell.outputs = shown
    exporter = MarkdownExporter()
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    exporter.register_preprocessor(_HideSource, enabled=True)
    text, resources = exporter.from_notebook_node(
        book, resources={"output_files_dir": f"{name}_files", "unique_key": name}
    )
    for path, content in resources["outputs"].items():
        files.append(File.generated(config, f"lessons/{path}", content=content))
    files.append(File.generated(config, f"lessons/{name}.md", content=text))
    return files


def _HideSource(book: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
    """Remove the source of cells with the tag "hidden"."""
    for cell in book.cells:
        if "hidden" in cell.metadata.get("tags", []):
            cell.transient = {"remove_source": True}
    return book, resources


def _text(markdown: str) -> NotebookNode:
    data = {"text/markdown": markdown}
    return nbformat.v4.new_output("display_data", data=data)


def _recorded_run() -> str:
    if not RECORDED_RUN.is_file():
        return WIDGET_NOTE
    return (
        '<iframe class="recorded-run" src="explorer.html" title="A recorded run"></iframe>\n\n'
        "*(A run of the Explorer, recorded when this page was built. The Explorer itself needs "
        "JupyterLab.)*"
    )


def _figure(content: dict) -> str:
    """Return a plotly figure as a separate page, so that Markdown cannot alter its script."""
    figure = json.dumps({"data": content["data"], "layout": content["layout"]})
    return (
        '<!doctype html><meta charset="utf-8"><style>body{margin:0;background:white}</style>'
        '<div id="figure"></div><script src="plotly.min.js"></script>'
        f"<script>const f = {figure}; Plotly.newPlot('figure', f.data, f.layout,"
        " {responsive: true, displaylogo: false});</script>"
    )


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
