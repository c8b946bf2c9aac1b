"""The prebuilt JupyterLab extension in the wheel."""

import json
from pathlib import Path

import confdiff_widgets

BUILT = Path(confdiff_widgets.__file__).parent / "labextension"
PACKAGE = json.loads((BUILT / "package.json").read_text(encoding="utf-8"))


def test_version_is_that_of_the_package():
    assert PACKAGE["version"] == confdiff_widgets.__version__


def test_entry_point_is_built():
    assert (BUILT / PACKAGE["jupyterlab"]["_build"]["load"]).is_file()
