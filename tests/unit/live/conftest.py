"""Fixtures: sessions of a protein with tiny networks, and a recorded run."""

from ..sessions import make_session, system, thermal_system, without_reference
from .recorded_runs import recorded

__all__ = ["make_session", "recorded", "system", "thermal_system", "without_reference"]
