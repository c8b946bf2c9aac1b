"""Panels that compare ensembles and show their metastable states."""

from .ensemble_file import open_ensemble
from .ensemble_view import EnsembleView
from .metastable_states_view import MetastableStates

__all__ = ["EnsembleView", "MetastableStates", "open_ensemble"]
