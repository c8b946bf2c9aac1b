"""The networks that a menu offers for a protein."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.hub import PUBLISHED, is_downloaded
from .catalogue import Protein


@dataclass(frozen=True)
class ModelOffer:
    """Networks that the user can choose.

    Attributes
    ----------
    model : str or None
        Value for ``model``; None for the bundled networks.
    title : str
        Description for a menu.
    ready : bool
        Whether the file is on this machine; otherwise choosing it downloads it.
    """

    model: str | None
    title: str
    ready: bool


def offered_models(protein: Protein | None) -> list[ModelOffer]:
    """List the networks for a bundled protein, or with None for any other sequence."""
    bundled = [ModelOffer(None, "bundled, one-hot", True)] if protein else []
    return bundled + [
        ModelOffer(entry.name, f"{entry.name} ({entry.about})", is_downloaded(entry))
        for entry in PUBLISHED.values()
    ]
