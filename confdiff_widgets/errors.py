"""Base classes of the errors that a user can cause and fix."""

from __future__ import annotations

LONGEST_MESSAGE = 1000
"""Characters of a message. Names and values of damaged files may be of any length."""


def without_middle(message: str, length: int = LONGEST_MESSAGE) -> str:
    """Return a message without its middle if it is longer than ``length`` characters."""
    if len(message) <= length:
        return message
    end = length // 2
    return f"{message[: length - end - 3]} … {message[-end:]}"


class UserError(Exception):
    """An error whose message says what is wrong and how to fix it.

    The command line, the widgets and notebooks show the message only. Any other exception is a bug
    and keeps its traceback. Messages above `LONGEST_MESSAGE` lose their middle; the end says
    what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(without_middle(message))

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows below the cell that raised the error."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(UserError, ValueError):
    """A setting is out of range, or settings contradict each other."""
