"""The base of all errors that a user can cause and cure."""

from __future__ import annotations


class UserError(Exception):
    """An error whose message names the cause and the cure.

    The command line, the widgets and notebooks show the message alone; any other exception is a
    bug and keeps its traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows under a cell that raised it."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(UserError, ValueError):
    """A setting that is out of range, or settings that do not go together."""
