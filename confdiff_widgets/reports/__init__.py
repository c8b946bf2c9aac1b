"""Ensembles of any method, read from their files and judged against a reference side by side."""

from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import read_ensemble
from .evaluate import Evaluation, EvaluationSettings, evaluate
from .known_states import KnownStates, read_states
from .recovery import Recovered, recover
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
