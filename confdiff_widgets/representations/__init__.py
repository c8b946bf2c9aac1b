"""Sequence -> features for the conditional network."""

from .base import Features, Representation, RepresentationError, fit_features
from .finding import NAMES, find_representation
from .one_hot import OneHot

__all__ = [
    "NAMES",
    "Features",
    "OneHot",
    "Representation",
    "RepresentationError",
    "find_representation",
    "fit_features",
]
