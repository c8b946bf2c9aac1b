"""HTML report of an evaluation in a single file that works offline.

This module fills in the template `report.html` in the same folder.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path

from plotly.offline import get_plotlyjs

from .. import palette
from .evaluation import Evaluation
from .figures import figures
from .plot_specs import Figure
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
    target = evaluation.target
    return figures_page(
        title=target.name,
        subtitle=", ".join(one.data.name for one in evaluation.ensembles),
        sequence=target.sequence,
        items=_ensembles(evaluation),
        notes=target.notes,
        table=html_table(evaluation),
        caption=caption(evaluation),
        figures=figures(evaluation),
        numbers=evaluation.to_dict(),
    )


def figures_page(
    *,
    title: str,
    subtitle: str = "",
    sequence: str,
    items: Sequence[str],
    notes: Sequence[str],
    table: str,
    caption: str,
    figures: Sequence[Figure],
    numbers: object,
) -> str:
    """Fill in the template.

    Parameters
    ----------
    title, subtitle, sequence, caption : str
        Plain texts.
    items : sequence of str
        HTML of the items of the first list.
    notes : sequence of str
        Plain texts about the reference.
    table : str
        HTML.
    figures : sequence of Figure
    numbers : object
        All numbers, for JSON.
    """
    parts = {
        "title": escape(f"{title}: {subtitle}" if subtitle else title),
        "protein": escape(title),
        "sequence": escape(sequence),
        "saved": f"{time.strftime('%d %B %Y, %H:%M')}  ·  "
        f"confdiff-widgets {version('confdiff-widgets')}",
        "ensembles": "".join(items),
        "notes": "".join(f"<li>{escape(note)}</li>" for note in notes if note),
        "table": table,
        "caption": escape(caption),
        "figures": "".join(
            f'<section class="{"wide" if figure.wide else ""}"><h2>{escape(figure.title)}</h2>'
            f'<div id="{figure.key}" class="plot"></div><p>{escape(figure.caption)}</p></section>'
            for figure in figures
        ),
        "json": escape(json.dumps(numbers, indent=1, ensure_ascii=False)),
        "theme_css": palette.page_css(),
        "themes": palette.themes_json(),
        "plotly": get_plotlyjs(),
        "data": _json([{"key": f.key, "data": f.data, "layout": f.layout} for f in figures]),
    }
    return re.sub(r"{{(\w+)}}", lambda part: parts[part[1]], TEMPLATE.read_text(encoding="utf-8"))


def _ensembles(evaluation: Evaluation) -> list[str]:
    items = []
    for k, one in enumerate(evaluation.ensembles):
        notes = f": {escape('; '.join(one.data.notes))}" if one.data.notes else ""
        items.append(
            f'<li><i style="background:{palette.conformer(k)}"></i><b>{escape(one.data.name)}</b>, '
            f"{len(one.data)} frames{notes}</li>"
        )
    return items


def _json(data: object) -> str:
    """Encode data for a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")
