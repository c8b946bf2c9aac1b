"""A run under remote control: a worker thread, what it reports, and what it leaves on disk."""

from .branch import Branch
from .frame import Frame
from .player import Player, Status
from .recording import Recording, RecordingError, saved_runs
from .session import Session
from .subject import Subject, find_subject

__all__ = [
    "Branch",
    "Frame",
    "Player",
    "Recording",
    "RecordingError",
    "Session",
    "Status",
    "Subject",
    "find_subject",
    "saved_runs",
]
