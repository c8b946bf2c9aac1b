"""Sequence -> features for the conditional network."""

from .base import Features, Representation
from .one_hot import OneHot

__all__ = ["Features", "OneHot", "Representation"]
