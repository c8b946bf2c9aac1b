"""``confdiff proteins``: list the bundled proteins and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ._console import output

if TYPE_CHECKING:
    from ..proteins import Protein

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
    table.add_row("reference", *(_temperatures(p) for p in bundled))
    table.add_row("folded: CA-RMSD", *(f"< {p.folded_cutoff:g} Å" for p in bundled))
    table.add_row("T_m (MD)", *(_melting(p, "melting", "K") for p in bundled))
    table.add_row("ΔH (MD)", *(_melting(p, "enthalpy", "kJ/mol") for p in bundled))
    measured = [protein for protein in bundled if protein.scores]
    for key in SCORES if measured else ():
        label = measured[0].scores["metrics"][key]["label"]
        table.add_row(label, *(_score(p.scores, key) for p in bundled))
    output.print(table)
    if measured:
        output.print(
            "\nSamples at γ = 1 and the default temperature against the reference. In brackets: "
            "for JS distances, the sampling baseline (expected of a perfect sampler with as many "
            "frames); for other metrics, the value of the reference."
        )
    for protein in bundled:
        note = f": {protein.reference_note}. {protein.caution}"
        output.print(Text.assemble("\n", (protein.name, "bold"), note))


def _temperatures(protein: Protein) -> str:
    """Return the range of temperatures and the default of a reference."""
    ladder = protein.reference().ladder
    return f"{ladder[0]:.0f}–{ladder[-1]:.0f} K, default {protein.temperature:g} K"


def _melting(protein: Protein, name: str, unit: str) -> str:
    """Return T_m or ΔH of the simulation with its interval."""
    from ..proteins.melting import reference_melting

    fit = reference_melting(protein).fit
    interval = getattr(fit, name)
    ladder = protein.reference().ladder
    outside = f"outside {ladder[0]:.0f}–{ladder[-1]:.0f} K"
    return outside if interval is None else f"{interval.text()} {unit}"


def _score(scores: dict, key: str) -> str:
    from ..analysis.metrics import stored_key

    if not scores:
        return "not measured"
    metric = scores["metrics"][key]
    is_distance = metric[stored_key("ideal")] == "low"
    compared_with = metric[stored_key("baseline_mean") if is_distance else "reference"]
    return f"{metric['value']:.3f} ({compared_with:.3f})"
