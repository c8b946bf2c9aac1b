"""A disk cache of features, so that a large network runs once per sequence."""

from __future__ import annotations

from pathlib import Path

from ..cache import cache_folder, digest
from ..geometry.residues import check_sequence
from .base import Features, Representation, RepresentationError
from .npz import read_npz, write_npz


class Cached:
    """A representation with a disk cache.

    Parameters
    ----------
    representation : Representation
    variant : str
        Sets features of one representation apart that were computed in different ways.
    """

    def __init__(self, representation: Representation, variant: str = ""):
        self.representation, self.variant = representation, variant
        self.name = representation.name
        self.node_size, self.pair_size = representation.node_size, representation.pair_size

    def __call__(self, sequence: str) -> Features:
        sequence = check_sequence(sequence)
        known = recall(self.name, sequence, self.variant)
        if known is not None:
            return known
        features = self.representation(sequence)
        remember(self.name, sequence, features, self.variant)
        return features


def place_of(name: str, sequence: str, variant: str = "") -> Path:
    """Return the path of features in the cache."""
    return cache_folder("representations", name + variant) / f"{digest(sequence)}.npz"


def recall(name: str, sequence: str, variant: str = "") -> Features | None:
    """Read features from the cache; None if they are missing or damaged."""
    path = place_of(name, sequence, variant)
    if not path.is_file():
        return None
    try:
        found = read_npz(path)
    except RepresentationError:
        path.unlink()  # damaged: they are made again
        return None
    return found.features if found.sequence == sequence else None


def remember(name: str, sequence: str, features: Features, variant: str = "") -> Path:
    """Write features to the cache and return their path."""
    path = place_of(name, sequence, variant)
    write_npz(path, name, sequence, features)
    return path
