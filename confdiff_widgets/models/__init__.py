"""Score models: the protocol, and the CONFDIFF network behind it."""

from typing import TYPE_CHECKING

from ..exports import on_demand

if TYPE_CHECKING:
    from .checkpoints import Checkpoint, CheckpointError
    from .confdiff import ConfDiffModel
    from .score_model import Features, Prediction, ScoreModel

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "ConfDiffModel",
    "Features",
    "Prediction",
    "ScoreModel",
]

__getattr__ = on_demand(
    __name__,
    {
        "checkpoints": ("Checkpoint", "CheckpointError"),
        "confdiff": ("ConfDiffModel",),
        "score_model": ("Features", "Prediction", "ScoreModel"),
    },
)
