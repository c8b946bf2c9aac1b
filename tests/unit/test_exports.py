"""Names that are imported on demand: found when they are used, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from confdiff_widgets.exports import on_demand


def test_names_are_imported_from_their_module():
    find = on_demand("confdiff_widgets.geometry", {"rigid": ("Rigid",)})
    from confdiff_widgets.geometry.rigid import Rigid

    assert find("Rigid") is Rigid
    with pytest.raises(AttributeError, match=r"'confdiff_widgets\.geometry' has no attribute 'X'"):
        find("X")


@pytest.mark.parametrize(
    ("package", "name", "heavy"),
    [
        ("geometry", "Rigid", "torch"),
        ("models", "ConfDiffModel", "torch"),
        ("diffusion", "SE3Process", "torch"),
        ("sweep", "SweepJob", "confdiff_widgets.sweep.job"),
    ],
)
def test_importing_a_package_does_not_import_what_its_names_need(package, name, heavy):
    script = f"""
import sys
import confdiff_widgets.{package} as package
assert {heavy!r} not in sys.modules
assert package.{name}.__name__ == {name!r}
assert {heavy!r} in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
