"""The base of all errors that a user can cause and cure."""

from __future__ import annotations


class UserError(Exception):
    """An error whose message names the cause and the cure.

    The command line and the widgets show the message alone; any other exception is a bug and
    keeps its traceback.
    """


class SettingsError(UserError, ValueError):
    """A setting that is out of range, or settings that do not go together."""
