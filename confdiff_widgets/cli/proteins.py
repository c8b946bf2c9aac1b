"""``confdiff proteins``: list the bundled proteins and their scores."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ._console import output

SCORES = ("js_pwd", "js_rg", "js_tic", "folded", "val_clash", "val_bond")


def proteins() -> None:
    """List the bundled proteins with their reference and the model's scores."""
    from .. import proteins as catalogue

    bundled = [catalogue.get(name) for name in catalogue.names()]
    table = Table("", *(protein.name for protein in bundled), box=None, padding=(0, 2))
    table.add_row("protein", *(p.title for p in bundled))
    table.add_row("PDB", *(p.pdb_id for p in bundled))
    table.add_row("residues", *(str(len(p.sequence)) for p in bundled))
    table.add_row("sequence", *(p.sequence for p in bundled))
    table.add_row("reference", *(f"{p.temperature:g} K" for p in bundled))
    for key in SCORES:
        label = next((p.scores["metrics"][key]["label"] for p in bundled if p.scores), key)
        table.add_row(label, *(_score(p.scores, key) for p in bundled))
    output.print(table)
    output.print(
        "\nSamples at γ = 1 against the reference. In brackets: for JS distances, the sampling "
        "baseline (the score of an equally large sample of the reference itself); for other "
        "metrics, the value of the reference."
    )
    for protein in bundled:
        note = f": {protein.reference_note}. {protein.caution}"
        output.print(Text.assemble("\n", (protein.name, "bold"), note))


def _score(scores: dict, key: str) -> str:
    from ..analysis.metrics import stored_key

    if not scores:
        return "not measured"
    metric = scores["metrics"][key]
    is_distance = metric[stored_key("ideal")] == "low"
    compared_with = metric[stored_key("baseline_mean") if is_distance else "reference"]
    return f"{metric['value']:.3f} ({compared_with:.3f})"
