"""Import of nglview that matches the version of its installed JavaScript.

nglview 4.0.1 requests version 4.0 of its JavaScript but ships 3.1.5, so JupyterLab shows "Module
nglview-js-widgets, version 4.0 is not registered" instead of the molecule. This module requests the
version that is installed.
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
_FIX = (
    "Reinstall nglview in the environment of JupyterLab, then restart JupyterLab and reload the "
    "page: pip install --force-reinstall --no-deps 'nglview>=4.0.1,<5'"
)


class NglviewError(UserError, ImportError):
    """nglview cannot draw in this installation."""


def installed_version() -> str:
    """Return the version of nglview's JavaScript that JupyterLab serves.

    Raises
    ------
    NglviewError
        If it is not installed or cannot be read.
    """
    from jupyter_core.paths import jupyter_path

    folders = jupyter_path("labextensions")
    for folder in folders:
        file = Path(folder, BROWSER_PACKAGE, "package.json")
        if file.is_file():
            try:
                return str(json.loads(file.read_text(encoding="utf-8"))["version"])
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise NglviewError(f"Cannot read nglview's {file}: {error!r}. {_FIX}") from error
    raise NglviewError(
        f"nglview's JavaScript ({BROWSER_PACKAGE}) is not installed in any of "
        f"{', '.join(folders)}. {_FIX}"
    )


def import_nglview() -> ModuleType:
    """Import nglview for the installed JavaScript; must be its first import in the process."""
    version = installed_version()
    if "nglview" not in sys.modules:
        frontend = ModuleType("nglview._frontend")
        frontend.__frontend_version__ = version  # type: ignore[attr-defined]
        sys.modules["nglview._frontend"] = frontend
    try:
        with _suppressed_display():
            import nglview
    except ImportError as error:
        raise NglviewError(f"nglview cannot be imported: {error}. {_FIX}") from error
    return nglview


def ngl_widget(**options: Any) -> Any:
    """Create an empty ``nglview.NGLWidget`` that the installed JavaScript can draw.

    The versions are also passed here, in case the notebook imported nglview before this package.

    Raises
    ------
    NglviewError
        If the JavaScript is missing, or nglview still requests another version.
    """
    version = installed_version()
    widget = import_nglview().NGLWidget(
        _view_module_version=version, _model_module_version=version, **options
    )
    requested = {widget._view_module_version, widget._model_module_version}
    if requested != {version}:
        raise NglviewError(
            f"nglview requests version {', '.join(sorted(requested))} of its JavaScript, but "
            f"{version} is installed. {_FIX}"
        )
    return widget


def _suppressed_display() -> contextlib.AbstractContextManager[Any]:
    """Suppress the empty widget that nglview displays in the running cell when imported."""
    from IPython import get_ipython
    from IPython.utils.capture import capture_output

    if get_ipython() is None:
        return contextlib.nullcontext()
    return capture_output(stdout=False, stderr=False, display=True)
