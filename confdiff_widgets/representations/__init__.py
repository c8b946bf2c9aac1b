"""Sequence representations: features of a sequence for the conditional network."""

from .base import Features, Representation, RepresentationError, fit_features
from .one_hot import OneHot
from .registry import NAMES, find_representation

__all__ = [
    "NAMES",
    "Features",
    "OneHot",
    "Representation",
    "RepresentationError",
    "find_representation",
    "fit_features",
]
