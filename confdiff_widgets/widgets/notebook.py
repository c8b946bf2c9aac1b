"""Where the widgets can live."""

from __future__ import annotations

from ..errors import UserError

NOT_SHOWN = (
    "The ConfDiff Explorer is alive and cannot be seen: no Jupyter widgets are shown here. Open "
    "this notebook in JupyterLab (`confdiff lab`). If this is JupyterLab, its environment lacks "
    "the widgets' browser part: pip install jupyterlab_widgets anywidget nglview, restart "
    "JupyterLab and reload the page; `confdiff doctor` says what is missing."
)


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
