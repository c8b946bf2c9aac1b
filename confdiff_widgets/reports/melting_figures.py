"""Figures and files of melting curves: plotly specifications, a page, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from .. import palette
from ..analysis import Interval, MeltingCurve
from ..sweep.melting import SweepMelting, melting_csv
from .html_page import figures_page
from .plot_specs import LEGEND_BELOW, Figure, Spec, plot_layout, rounded
from .saving import save_texts

PANELS = {
    "folded": ("Folded fraction", "Folded fraction"),
    "rg": ("Radius of gyration", "Radius of gyration (Å)"),
    "energy": ("Energy of the samples", "OpenMM energy, median (kcal/mol)"),
}
"""Quantities of a melting curve: title and axis of each figure."""

CURVE_POINTS = 200
"""Points of the curve of a fit."""


def melting_figures(curves: Sequence[SweepMelting]) -> list[Figure]:
    """Draw folded fraction, radius of gyration and energy of one protein against T.

    Parameters
    ----------
    curves : sequence of SweepMelting
        Curves of one protein, for each γ.
    """
    figures = []
    for name, (title, axis) in PANELS.items():
        data = []
        reference = curves[0].simulated
        if reference is not None and name != "energy":  # another energy, without minimisation
            data += _traces(reference, name, "molecular dynamics", palette.GHOST)
        for k, one in enumerate(curves):
            data += _traces(one.samples, name, f"samples, γ {one.gamma:g}", palette.conformer(k))
        if not data:
            continue
        bounds = {"yaxis": {"range": [0, 1]}} if name == "folded" else {}
        layout = plot_layout("Temperature (K)", axis, legend=LEGEND_BELOW, **bounds)
        figures.append(Figure(name, title, _caption(name, curves), data, layout, name == "folded"))
    return figures


def save_melting(curves: Sequence[SweepMelting], stem: Path) -> list[Path]:
    """Write the curves of one protein as STEM.html, STEM.csv and STEM.json.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    numbers = [curve.to_dict() for curve in curves]
    text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return save_texts(
        stem, {".html": melting_page(curves), ".csv": melting_csv(curves), ".json": text}
    )


def melting_page(curves: Sequence[SweepMelting]) -> str:
    """Render the curves of one protein as HTML without external resources."""
    system = curves[0].system
    notes = list(dict.fromkeys(curve.definition for curve in curves))
    if system.protein is not None:
        notes += [f"Reference: {system.protein.reference_note}.", system.protein.caution]
    fits = dict.fromkeys(line for curve in curves for line in curve.sentences())
    return figures_page(
        title=f"Melting curve: {system.title}",
        sequence=system.sequence,
        items=[f"<li>{escape(line)}</li>" for line in fits],
        notes=notes,
        table=_html_table(curves),
        caption=ABOUT,
        figures=melting_figures(curves),
        numbers=[curve.to_dict() for curve in curves],
    )


ABOUT = (
    "95 % intervals. Samples: Wilson's interval of the folded fraction. Molecular dynamics: four "
    "blocks of time with all replicas together; the bootstrap over replicas beside them "
    "exaggerates the error, because replicas are coupled. T_m and ΔH: two states with ΔCp = 0."
)
"""Explanation of the intervals."""


def _caption(name: str, curves: Sequence[SweepMelting]) -> str:
    if name == "energy":
        return (
            "Median OpenMM energy after minimisation. The potential energy of the simulation is "
            "not minimised and therefore only in the files."
        )
    if name == "rg":
        return "Mean radius of gyration of the CA atoms."
    return f"{curves[0].definition} Lines: two-state fits."


def _traces(curve: MeltingCurve, name: str, label: str, colour: str) -> list[Spec]:
    """Return the points with error bars and, for the folded fraction, the fitted curve."""
    known = [
        (kelvin, value)
        for kelvin, value in zip(curve.kelvin, curve.values(name), strict=True)
        if value is not None
    ]
    if not known:
        return []
    kelvin, values = zip(*known, strict=True)
    middle, low, high = np.array(values).T
    traces: list[Spec] = [
        {
            "type": "scatter", "mode": "markers" if name == "folded" else "lines+markers",
            "name": label, "legendgroup": label, "x": rounded(kelvin, 2), "y": rounded(middle),
            "marker": {"size": 7, "color": colour}, "line": {"color": colour, "width": 1.5},
            "error_y": {"type": "data", "array": rounded(high - middle), "symmetric": False,
                        "arrayminus": rounded(middle - low), "width": 3, "thickness": 1.2,
                        "color": colour},
            "hovertemplate": "%{x:.0f} K: %{y:.3~f}<extra>" + label + "</extra>",
        }
    ]  # fmt: skip
    fine = np.linspace(min(kelvin), max(kelvin), CURVE_POINTS)
    fitted = curve.fit.folded(fine) if name == "folded" else None
    if fitted is not None:
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": f"fit, {label}", "legendgroup": label,
                "showlegend": False, "hoverinfo": "skip", "x": rounded(fine, 2),
                "y": rounded(fitted), "line": {"color": colour, "width": 1.5},
            }
        )  # fmt: skip
    return traces


def melting_table(one: SweepMelting) -> tuple[list[str], list[list[str]]]:
    """Return the headings and cells of a table of the samples, with the reference beside them."""
    headings = ["T (K)", "conformers", "folded", "Rg (Å)", "energy (kcal/mol)"]
    there = {} if one.simulated_there is None else {p.kelvin: p for p in one.simulated_there.points}
    if there:
        headings += ["folded MD", "± (replicas)", "Rg MD (Å)", "MD frames"]
    rows = []
    for point in one.samples.points:
        row = [f"{point.kelvin:g}", f"{point.frames:.0f}", _text(point.folded, ".2f"),
               _text(point.rg, ".2f"), _text(point.energy, ".0f")]  # fmt: skip
        if there:
            md = there.get(point.kelvin)
            row += ["–"] * 4 if md is None else [
                _text(md.folded, ".2f"), _half(md.folded_replicas), _text(md.rg, ".2f"),
                f"{md.frames:.0f}"]  # fmt: skip
        rows.append(row)
    return headings, rows


def _html_table(curves: Sequence[SweepMelting]) -> str:
    headings, _ = melting_table(curves[0])
    head = "".join(f"<th>{escape(text)}</th>" for text in ("γ", *headings))
    body = "".join(
        f"<tr><td>{one.gamma:g}</td>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for one in curves
        for row in melting_table(one)[1]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(interval: Interval | None, digits: str) -> str:
    return "–" if interval is None else interval.text(digits)


def _half(interval: Interval | None) -> str:
    """Return half the width of an interval, which may be cut at 0 or 1."""
    if interval is None:
        return "–"
    return f"{max(interval.high - interval.value, interval.value - interval.low):.2f}"
