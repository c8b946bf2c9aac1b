import subprocess
import sys

import pytest

import confdiff_widgets
from confdiff_widgets import widgets


def test_the_explorer_imports_no_other_widget_and_no_statistics():
    script = """
import sys
from confdiff_widgets import Explorer
heavy = {"nbformat", "jsonschema", "scipy.stats", "sympy", "tmtools", "matplotlib"}
heavy |= {f"confdiff_widgets.widgets.{name}" for name in ("sweep", "ensembles")}
sys.exit(f"imported: {heavy & set(sys.modules)}" if heavy & set(sys.modules) else 0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_plotly_knows_the_version_of_nbformat():
    script = """
import confdiff_widgets.widgets.plotly_figure
import nbformat, plotly.io._renderers
assert nbformat.v4.new_notebook()
assert plotly.io._renderers.nbformat.__version__ == nbformat.__version__
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_all_widgets_are_found_and_unknown_names_refused():
    for package in (confdiff_widgets, widgets):
        assert all(getattr(package, name).__name__ == name for name in package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Viewer'"):
        _ = widgets.Viewer
