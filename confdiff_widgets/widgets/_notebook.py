"""Where the widgets can live."""

from __future__ import annotations

from ..errors import UserError


class NotebookNeededError(UserError, RuntimeError):
    """There is no notebook to show a widget in."""


def require_notebook() -> None:
    """Refuse to work where nothing could be shown.

    Raises
    ------
    NotebookNeededError
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None:
        raise NotebookNeededError(
            "The Explorer lives in a notebook: start `confdiff lab` and run it in a cell there. "
            "In a script use confdiff_widgets.sampling.Run, at a prompt `confdiff sample`."
        )
