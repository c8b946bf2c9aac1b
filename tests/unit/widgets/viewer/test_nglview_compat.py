"""nglview requests the installed version of its JavaScript, or fails with instructions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from confdiff_widgets.widgets.viewer import nglview_compat as compat


@pytest.fixture
def labextensions(tmp_path, monkeypatch) -> Path:
    """An empty folder of JupyterLab extensions."""
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    return tmp_path


def install(folder: Path, text: str) -> None:
    (folder / compat.BROWSER_PACKAGE).mkdir()
    (folder / compat.BROWSER_PACKAGE / "package.json").write_text(text)


def test_requests_the_installed_version():
    widget = compat.ngl_widget()
    installed = compat.installed_version()
    assert widget._view_module_version == widget._model_module_version == installed
    assert compat.import_nglview().widget_base.__frontend_version__ == installed


def test_reads_the_version_from_the_extension(labextensions):
    install(labextensions, json.dumps({"version": "7.8.9"}))
    assert compat.installed_version() == "7.8.9"
    assert compat.ngl_widget()._view_module_version == "7.8.9"


def test_missing_javascript_reports_the_folders_and_the_fix(labextensions):
    with pytest.raises(compat.NglviewError, match="not installed") as caught:
        compat.ngl_widget()
    assert str(labextensions) in str(caught.value)
    assert "pip install --force-reinstall" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_unreadable_package_file_is_reported(labextensions, text):
    install(labextensions, text)
    with pytest.raises(compat.NglviewError, match=r"Cannot read nglview's .*package\.json"):
        compat.installed_version()


def test_remaining_mismatch_is_an_error(monkeypatch):
    class Stubborn:
        def __init__(self, **_: object) -> None:
            self._view_module_version = self._model_module_version = "4.0"

    class Module:
        NGLWidget = Stubborn

    monkeypatch.setattr(compat, "import_nglview", lambda: Module)
    with pytest.raises(compat.NglviewError, match=r"requests version 4\.0 .* is installed"):
        compat.ngl_widget()


def test_nglview_may_be_imported_before_this_package():
    code = (
        "import nglview\n"
        "from confdiff_widgets.widgets.viewer import nglview_compat as compat\n"
        "assert compat.ngl_widget()._view_module_version == compat.installed_version()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
