"""HTML report of an evaluation in a single file that works offline.

This module fills in the template `report.html` in the same folder.
"""

from __future__ import annotations

import json
import re
import time
from html import escape
from importlib.metadata import version
from pathlib import Path

from plotly.offline import get_plotlyjs

from .. import palette
from .evaluation import Evaluation
from .figures import figures
from .tables import caption, html_table

TEMPLATE = Path(__file__).with_name("report.html")


def report_page(evaluation: Evaluation) -> str:
    """Render the tables, figures and settings of an evaluation as HTML.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    str
        HTML without external resources.
    """
    drawn = figures(evaluation)
    target, installed = evaluation.target, version("confdiff-widgets")
    parts = {
        "title": escape(
            f"{target.name}: {', '.join(one.data.name for one in evaluation.ensembles)}"
        ),
        "protein": escape(target.name),
        "sequence": escape(target.sequence),
        "saved": f"{time.strftime('%d %B %Y, %H:%M')}  ·  confdiff-widgets {installed}",
        "ensembles": _ensembles(evaluation),
        "notes": "".join(f"<li>{escape(note)}</li>" for note in target.notes if note),
        "table": html_table(evaluation),
        "caption": escape(caption(evaluation)),
        "figures": "".join(
            f'<section class="{"wide" if figure.wide else ""}"><h2>{escape(figure.title)}</h2>'
            f'<div id="{figure.key}" class="plot"></div><p>{escape(figure.caption)}</p></section>'
            for figure in drawn
        ),
        "json": escape(json.dumps(evaluation.to_dict(), indent=1, ensure_ascii=False)),
        "theme_css": palette.page_css(),
        "themes": palette.themes_json(),
        "plotly": get_plotlyjs(),
        "data": _json([{"key": f.key, "data": f.data, "layout": f.layout} for f in drawn]),
    }
    return re.sub(r"{{(\w+)}}", lambda part: parts[part[1]], TEMPLATE.read_text(encoding="utf-8"))


def _ensembles(evaluation: Evaluation) -> str:
    items = []
    for k, one in enumerate(evaluation.ensembles):
        notes = f": {escape('; '.join(one.data.notes))}" if one.data.notes else ""
        items.append(
            f'<li><i style="background:{palette.conformer(k)}"></i><b>{escape(one.data.name)}</b>, '
            f"{len(one.data)} frames{notes}</li>"
        )
    return "".join(items)


def _json(data: object) -> str:
    """Encode data for a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")
