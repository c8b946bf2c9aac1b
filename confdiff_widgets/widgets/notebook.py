"""Require a Jupyter notebook, and say what to do where widgets cannot be shown."""

from __future__ import annotations

from ..errors import UserError

NOT_SHOWN = (
    "The ConfDiff Explorer is running, but Jupyter widgets cannot be shown here. Open this "
    "notebook in JupyterLab (`confdiff lab`). If this is JupyterLab, its environment lacks the "
    "browser part of the widgets: pip install jupyterlab_widgets anywidget nglview, restart "
    "JupyterLab and reload the page. `confdiff doctor` reports what is missing."
)


class NotebookNeededError(UserError, RuntimeError):
    """A widget is used outside a notebook."""


def require_notebook() -> None:
    """Check that the code runs in a Jupyter kernel.

    Raises
    ------
    NotebookNeededError
        If it does not.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None:
        raise NotebookNeededError(
            "The widgets need a Jupyter notebook. Start `confdiff lab` and run this code in a cell "
            "there, or use confdiff_widgets.sampling.Run in a script and `confdiff sample` in a "
            "terminal."
        )
