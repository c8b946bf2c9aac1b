"""Ensembles of any method, read from their files and judged against a reference side by side."""

from .ensemble_data import EnsembleData
from .evaluate import Evaluation, EvaluationSettings, evaluate
from .known_states import KnownStates, read_states
from .reader import read_ensemble
from .recover import Recovered, recover
from .target import Target

__all__ = [
    "EnsembleData",
    "Evaluation",
    "EvaluationSettings",
    "KnownStates",
    "Recovered",
    "Target",
    "evaluate",
    "read_ensemble",
    "read_states",
    "recover",
]
