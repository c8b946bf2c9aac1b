"""The transferable model: the bundled thermal networks for any short peptide."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from ..errors import SettingsError
from .catalogue import names

SHORTEST, LONGEST = 4, 12
"""Numbers of residues of the training peptides."""

LONG = 10
"""Number of residues from which training peptides are rare."""

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


def check_length(sequence: str) -> None:
    """Refuse a sequence that no bundled model covers.

    Raises
    ------
    SettingsError
        With the range and the alternatives.
    """
    if not is_peptide(sequence):
        raise SettingsError(
            f"There is no bundled model for the sequence {sequence:.60} of {len(sequence)} "
            f"residues; the bundled networks cover {', '.join(names())} and peptides of {SHORTEST} "
            f"to {LONGEST} residues. Give a published checkpoint (--model ConfDiff-ESM-r3-COND, or "
            "model= in Python), or train a network on a trajectory with `confdiff train` and give "
            "its folder."
        )


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
