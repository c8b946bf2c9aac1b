"""A run under remote control: a worker thread, what it reports, and what it leaves on disk."""

from ..proteins.system import System, load_system
from .branch import Branch
from .frame import Frame
from .player import Player, Status
from .recording import Recording, RecordingError, saved_runs
from .session import Session

__all__ = [
    "Branch",
    "Frame",
    "Player",
    "Recording",
    "RecordingError",
    "Session",
    "Status",
    "System",
    "load_system",
    "saved_runs",
]
