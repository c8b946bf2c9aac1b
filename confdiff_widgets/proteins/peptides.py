"""The transferable model: the bundled thermal networks for any short peptide."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

SHORTEST, LONGEST = 4, 12
"""Numbers of residues of the training peptides."""

LONG = 10
"""Number of residues from which few training peptides have as many."""

TEMPERATURE = 300.0
"""Default temperature in K."""


@cache
def training_peptides() -> tuple[str, ...]:
    """Return the sequences of the peptides that the networks were trained on."""
    file = resources.files(__package__).joinpath("weights", "thermal_peptides.json")
    return tuple(json.loads(file.read_text(encoding="utf-8")))


def is_peptide(sequence: str) -> bool:
    """Return whether the transferable model covers a sequence of standard residues."""
    return SHORTEST <= len(sequence) <= LONGEST


def model_title() -> str:
    """Return the name of the model with the number of peptides that it was trained on."""
    long = sum(len(sequence) >= LONG for sequence in training_peptides())
    short = len(training_peptides()) - long
    return (
        f"transferable model · {short} peptides of {SHORTEST}–{LONG - 1}, {long} of "
        f"{LONG}–{LONGEST} residues"
    )


def caution(sequence: str) -> str:
    """Say how far the ensemble of a sequence can be trusted."""
    if sequence in training_peptides():
        return "The networks were trained on this peptide."
    text = "The networks were not trained on this peptide: its ensemble is a prediction."
    if len(sequence) >= LONG:
        text += f" Few training peptides have {LONG} to {LONGEST} residues."
    return text
