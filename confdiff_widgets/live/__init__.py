"""A run under remote control: a worker thread, what it reports, and what it leaves on disk."""

from .player import Player, Status
from .recording import Recording, RecordingError

__all__ = ["Player", "Recording", "RecordingError", "Status"]
