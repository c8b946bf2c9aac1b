"""The constants against published values, and that they are defined once."""

from __future__ import annotations

from pathlib import Path

import pytest

import confdiff_widgets
from confdiff_widgets.units import GAS_CONSTANT, GAS_CONSTANT_KCAL


def test_gas_constant_of_the_2019_si():
    assert pytest.approx(8.314462618e-3, rel=1e-9) == GAS_CONSTANT
    assert pytest.approx(1.987204259e-3, rel=1e-9) == GAS_CONSTANT_KCAL


@pytest.mark.parametrize("text", ["8.314", "1.987", "4.184", "scipy.constants"])
def test_no_other_module_states_the_constants(text):
    package = Path(confdiff_widgets.__file__).parent
    found = [path.name for path in package.rglob("*.py") if text in path.read_text("utf-8")]
    assert found == (["units.py"] if text == "scipy.constants" else [])
