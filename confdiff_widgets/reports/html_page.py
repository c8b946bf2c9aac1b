"""An evaluation as one HTML file that works without a network.

`report.html` beside this module says how the page looks; what is here fills it.
"""

from __future__ import annotations

import json
import re
import time
from html import escape
from importlib.metadata import version
from pathlib import Path

from plotly.offline import get_plotlyjs

from . import plot_specs
from .evaluate import Evaluation
from .figures import figures
from .tables import caption, rows

PAGE = Path(__file__).with_name("report.html")


def report_page(evaluation: Evaluation) -> str:
    """Tables, figures and settings of an evaluation.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    str
        HTML that loads nothing.
    """
    drawn = figures(evaluation)
    target, installed = evaluation.target, version("confdiff-widgets")
    parts = {
        "title": escape(f"{target.name}: {', '.join(one.data.name for one in evaluation.judged)}"),
        "protein": escape(target.name),
        "sequence": escape(target.sequence),
        "saved": f"{time.strftime('%d %B %Y, %H:%M')}  ·  confdiff-widgets {installed}",
        "ensembles": _ensembles(evaluation),
        "notes": "".join(f"<li>{escape(note)}</li>" for note in target.notes if note),
        "table": _table(evaluation),
        "caption": escape(caption(evaluation)),
        "figures": "".join(
            f'<section class="{"wide" if figure.wide else ""}"><h2>{escape(figure.title)}</h2>'
            f'<div id="{figure.key}" class="plot"></div><p>{escape(figure.about)}</p></section>'
            for figure in drawn
        ),
        "json": escape(json.dumps(evaluation.to_dict(), indent=1, ensure_ascii=False)),
        "plotly": get_plotlyjs(),
        "data": _json([{"key": f.key, "data": f.data, "layout": f.layout} for f in drawn]),
    }
    return re.sub(r"{{(\w+)}}", lambda part: parts[part[1]], PAGE.read_text(encoding="utf-8"))


def _ensembles(evaluation: Evaluation) -> str:
    items = []
    for k, one in enumerate(evaluation.judged):
        notes = f": {escape('; '.join(one.data.notes))}" if one.data.notes else ""
        items.append(
            f'<li><i style="background:{plot_specs.color(k)}"></i><b>{escape(one.data.name)}</b>, '
            f"{len(one.data)} frames{notes}</li>"
        )
    return "".join(items)


def _table(evaluation: Evaluation) -> str:
    heads = ["<th>Metric</th>"]
    below = ["<th></th>"]
    for k, one in enumerate(evaluation.judged):
        heads.append(
            f'<th colspan="3" class="group"><i style="background:{plot_specs.color(k)}"></i>'
            f"{escape(one.data.name)}</th>"
        )
        below += ['<th class="group">value</th>', "<th>95 %</th>", "<th>floor</th>"]
    heads += ['<th class="group">Static</th>', "<th>Reference</th>", "<th>Good</th>"]
    below += ['<th class="group"></th>', "<th></th>", "<th></th>"]
    meanings = {m.about.label: m.about.meaning for m in evaluation.judged[0].comparison}
    body = []
    for row in rows(evaluation):
        hint = meanings.get(row[0].removesuffix(" (Å)"), "")
        cells = [f'<td title="{escape(hint)}">{escape(row[0])}</td>']
        last = len(row) - 3
        for n, text in enumerate(row[1:], start=1):
            group = n % 3 == 1 if n < last else n == last
            cells.append(f"<td{' class=group' if group else ''}>{escape(text)}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f"<table><thead><tr>{''.join(heads)}</tr><tr class=units>{''.join(below)}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _json(data: object) -> str:
    """Fit for a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")
