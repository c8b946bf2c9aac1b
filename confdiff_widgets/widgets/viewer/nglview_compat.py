"""nglview, with the browser half that is installed.

nglview 4.0.1 asks the browser for version 4.0 of its JavaScript and ships 3.1.5, so that JupyterLab
shows "Module nglview-js-widgets, version 4.0 is not registered" in place of the molecule. Here the
version that is asked for is read from the JavaScript that is installed.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ...errors import UserError

BROWSER_PACKAGE = "nglview-js-widgets"
_CURE = (
    "Reinstall it in the environment that JupyterLab runs in, then restart JupyterLab and reload "
    "the page: pip install --force-reinstall --no-deps 'nglview>=4.0.1,<5'"
)


class NglviewError(UserError, ImportError):
    """nglview cannot draw in this installation."""


def installed_version() -> str:
    """Version of nglview's JavaScript that JupyterLab serves here.

    Raises
    ------
    NglviewError
        If it is not installed, or cannot be read.
    """
    from jupyter_core.paths import jupyter_path

    folders = jupyter_path("labextensions")
    for folder in folders:
        file = Path(folder, BROWSER_PACKAGE, "package.json")
        if file.is_file():
            try:
                return str(json.loads(file.read_text(encoding="utf-8"))["version"])
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise NglviewError(f"Cannot read nglview's {file}: {error!r}. {_CURE}") from error
    raise NglviewError(
        f"The browser half of nglview ({BROWSER_PACKAGE}) is not installed; looked in "
        f"{', '.join(folders)}. {_CURE}"
    )


def import_nglview() -> ModuleType:
    """nglview, told which JavaScript is installed. Nothing else may import it before this does."""
    version = installed_version()
    if "nglview" not in sys.modules:
        answer = ModuleType("nglview._frontend")
        answer.__frontend_version__ = version  # type: ignore[attr-defined]
        sys.modules["nglview._frontend"] = answer
    try:
        with _nothing_displayed():
            import nglview
    except ImportError as error:
        raise NglviewError(f"nglview cannot be imported: {error}. {_CURE}") from error
    return nglview


def ngl_widget(**options: Any) -> Any:
    """An empty ``nglview.NGLWidget`` that the installed JavaScript can draw.

    The versions are given once more, for a notebook that imported nglview before this package.

    Raises
    ------
    NglviewError
        If the JavaScript is missing, or nglview still asks for another version of it.
    """
    version = installed_version()
    widget = import_nglview().NGLWidget(
        _view_module_version=version, _model_module_version=version, **options
    )
    asked = {widget._view_module_version, widget._model_module_version}
    if asked != {version}:
        raise NglviewError(
            f"nglview asks for version {', '.join(sorted(asked))} of its JavaScript, {version} is "
            f"installed. {_CURE}"
        )
    return widget


def _nothing_displayed() -> contextlib.AbstractContextManager[Any]:
    """While it is imported, nglview displays an empty widget in the running cell."""
    from IPython import get_ipython
    from IPython.utils.capture import capture_output

    if get_ipython() is None:
        return contextlib.nullcontext()
    return capture_output(stdout=False, stderr=False, display=True)
