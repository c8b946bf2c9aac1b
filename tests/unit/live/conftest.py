"""Fixtures: sessions of a protein with tiny networks."""

from ..sessions import make_session, system, without_reference

__all__ = ["make_session", "system", "without_reference"]
