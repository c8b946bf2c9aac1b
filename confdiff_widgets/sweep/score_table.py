"""Table of the scores of sweep cells, for the terminal and the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ..proteins import get
from ..proteins import names as names_of
from ..ranges import shortened
from .store import StoredCell
from .stored_keys import excess_key

COLUMNS = {
    "energy": "energy (kcal/mol)",
    "diversity": "diversity (Å)",
    "validity": "valid",
    "val_backbone": "no backbone clash",
    "folded": "folded",
    excess_key("js_pwd"): "√excess JS-PwD",
    excess_key("js_tic"): "√excess JS-TIC",
    excess_key("js_torsions"): "√excess JS φ, ψ",
}
"""Columns by the keys of the metrics."""

CELL = "text-align:right;padding:0 8px;white-space:nowrap"

_VALID = (
    "Valid: no CA pair < 3.0 Å, no CA–CA bond > 4.2 Å, no N, CA, C, O atoms with |i − j| ≥ 2 "
    "< 2.5 Å apart; the last alone: no backbone clash. √excess: root of the squared JS distance "
    "to the reference less that of a perfect sampler of the same size."
)


@dataclass(frozen=True)
class ScoreTable:
    """Headings, one row of texts for each cell, and definitions."""

    headings: list[str]
    rows: list[list[str]]
    caption: str


def score_table(cells: Sequence[StoredCell]) -> ScoreTable:
    """Format the settings that differ and the scores of cells; "–" for what is not known."""
    several = [n for n in ("protein", "seed") if len({one.cell.axis(n) for one in cells}) > 1]
    thermal = any(one.cell.temperature is not None for one in cells)
    physical = {"temperature": "T (K)"} if thermal else {}
    if not all(one.cell.temperature is not None for one in cells):
        physical["eta"] = "η"
    names = {**physical, "gamma": "γ", **{name: name for name in several}}
    rows = [
        [
            *(
                _text(one.cell.temperature if name == "temperature" else one.cell.axis(name))
                for name in names
            ),
            *(_text(one.metrics.get(key)) for key in COLUMNS),
        ]
        for one in cells
    ]
    proteins = dict.fromkeys(one.cell.protein for one in cells)
    bundled = [name for name in proteins if name in names_of()]
    cutoffs = ", ".join(f"{get(name).folded_cutoff:g} Å ({name})" for name in bundled)
    folded = f" Folded: CA-RMSD < {cutoffs}." if bundled else ""
    return ScoreTable([*names.values(), *COLUMNS.values()], rows, _VALID + folded)


def score_html(cells: Sequence[StoredCell]) -> str:
    """Format the scores of cells as an HTML table; nothing without cells."""
    if not cells:
        return ""
    table = score_table(cells)
    head = "".join(f'<th style="{CELL}">{escape(text)}</th>' for text in table.headings)
    body = "".join(
        "<tr>" + "".join(f'<td style="{CELL}">{escape(text)}</td>' for text in row) + "</tr>"
        for row in table.rows
    )
    return (
        f'<table class="confdiff-scores"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"</table><small>{escape(table.caption)}</small>"
    )


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"
    return shortened(str(value), 40)  # a sequence may be the name of a protein
