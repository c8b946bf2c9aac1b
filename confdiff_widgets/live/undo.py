"""Undo the last removal or reset of a branch."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import SettingsError
from .branch import Branch
from .branches import Branches
from .playback import Playback


class Undoable(NamedTuple):
    """What the last removal or reset took from the screen.

    Attributes
    ----------
    branch : Branch
        The branch that was removed or reset.
    place : int
        Its index among the branches.
    rewound : Branch or None
        After a reset, the branch that starts again; None after a removal.
    """

    branch: Branch
    place: int
    rewound: Branch | None


class Undo:
    """Remembers the last removal or reset. The caller holds the lock of the session.

    A removed branch keeps its recorder open, so that it can be continued.
    """

    def __init__(self, branches: Branches, playback: Playback) -> None:
        self._branches, self._playback = branches, playback
        self._last: Undoable | None = None

    @property
    def label(self) -> str:
        """What can be undone; empty for nothing."""
        last = self._last
        if last is None:
            return ""
        return f"{'remove' if last.rewound is None else 'reset'} {last.branch.title}"

    def remove(self, branch: Branch) -> None:
        """Remove a branch, and remember it."""
        if len(self._branches) == 1:
            raise SettingsError("The only branch cannot be removed. Restart it instead.")
        self.remember(branch)
        self._branches.discard(branch)

    def remember(self, branch: Branch, rewound: Branch | None = None) -> None:
        """Remember a branch before its removal, or after its reset."""
        self.forget()
        self._last = Undoable(branch, self._branches.index(branch), rewound)

    def forget(self) -> None:
        """End the recording of a removed branch that can no longer be brought back."""
        if self._last is not None and self._last.branch not in self._branches:
            self._playback.detach_recorder(self._last.branch)
        self._last = None

    def restore(self) -> Branch:
        """Put the branch back into its place, under another letter if its own is taken.

        A rewound branch without steps of its own is removed.

        Raises
        ------
        SettingsError
            If there is nothing to undo, or there are too many branches.
        """
        last = self._last
        if last is None:
            raise SettingsError(
                "There is nothing to undo. Only the last removal or reset can be undone."
            )
        if last.branch not in self._branches:
            self._branches.check_room()
        self._last = None
        branch, rewound = last.branch, last.rewound
        if branch not in self._branches:
            if any(branch.name == other.name for other in self._branches):
                letter = self._branches.free_letter()
                branch.title = letter if branch.title == branch.name else branch.title
                branch.name = letter
            self._branches.insert(last.place, branch)
        if rewound is not None and not rewound.has_own_steps:
            self._branches.discard(rewound)
            self._playback.detach_recorder(rewound)
        return branch
