"""Interactive runs: sessions, branches, playback, and saved runs."""

from .branch import Branch
from .frame import Frame
from .player import Player, Status
from .recording import Recording, saved_runs
from .run_format import RecordingError
from .session import Session

__all__ = [
    "Branch",
    "Frame",
    "Player",
    "Recording",
    "RecordingError",
    "Session",
    "Status",
    "saved_runs",
]
