"""Base classes of the errors that a user can cause and fix."""

from __future__ import annotations


class UserError(Exception):
    """An error whose message says what is wrong and how to fix it.

    The command line, the widgets and notebooks show the message only. Any other exception is a bug
    and keeps its traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows below the cell that raised the error."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(UserError, ValueError):
    """A setting is out of range, or settings contradict each other."""
