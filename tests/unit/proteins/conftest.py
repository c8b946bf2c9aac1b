"""Fixtures: sessions of a protein with tiny networks."""

from ..sessions import make_session, subject, without_reference

__all__ = ["make_session", "subject", "without_reference"]
