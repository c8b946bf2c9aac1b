"""Evaluation of ensembles from any method against a reference, with tables, figures and reports."""

from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import read_ensemble
from .evaluation import Evaluation, EvaluationSettings, evaluate
from .known_states import KnownStates, read_states
from .own_reference import own_reference
from .recovery import RecoveryEvaluation, evaluate_recovery
from .simulation_target import simulation_target
from .target import Target

__all__ = [
    "EnsembleData",
    "Evaluation",
    "EvaluationSettings",
    "KnownStates",
    "RecoveryEvaluation",
    "Target",
    "evaluate",
    "evaluate_recovery",
    "own_reference",
    "read_ensemble",
    "read_states",
    "simulation_target",
]
