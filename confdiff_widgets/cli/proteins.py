"""``confdiff proteins``: what is bundled, and how good its model is."""

from __future__ import annotations

from rich.table import Table

from ._console import output

COLUMNS = {
    "js_pwd": "JS-PwD",
    "js_rg": "JS-Rg",
    "js_tic": "JS-TIC",
    "folded": "folded",
    "val_clash": "Val-clash",
    "val_bond": "Val-bond",
}


def proteins() -> None:
    """List the bundled proteins with their reference and the model's scores."""
    from .. import proteins as catalogue

    table = Table(caption=_caption())
    for heading in ("name", "protein", "PDB", "residues", "reference"):
        table.add_column(heading)
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for name in catalogue.names():
        protein = catalogue.get(name)
        table.add_row(
            protein.name,
            protein.title,
            protein.pdb_id,
            str(len(protein.sequence)),
            f"{protein.temperature:g} K",
            *(_score(protein.scores, key) for key in COLUMNS),
        )
    output.print(table)


def _score(scores: dict, key: str) -> str:
    metric = scores.get("metrics", {}).get(key)
    if metric is None:
        return "–"
    beside = metric["floor_mean"] if metric["good"] == "low" else metric["reference"]
    return f"{metric['value']:.3f} ({beside:.3f})"


def _caption() -> str:
    return (
        "In brackets: for distances the floor, what as many frames of the reference itself score; "
        "otherwise the reference's own value. γ = 1, no guidance."
    )
