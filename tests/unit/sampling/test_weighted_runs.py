"""Guidance parameters with weights: constant, γ = 1 at a temperature, no change in a run."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.guidance.parameters import GuidanceParameters
from confdiff_widgets.sampling.weighted_runs import check_weighted, check_weighted_change

CONSTANT = GuidanceParameters(0.8, 1.0)


def test_constant_parameters_are_accepted():
    check_weighted(CONSTANT, "force")
    check_weighted(GuidanceParameters(1.0, 0.5), "temperature")


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        (CONSTANT._replace(gamma=Schedule(1.0, 0.5, 0.1)), "none", "γ is a schedule"),
        (CONSTANT._replace(eta=Schedule(1.0, 0.5, 0.1)), "force", "η is a schedule"),
        (CONSTANT, "temperature", "does not work with temperature guidance at γ = 0.8"),
    ],
)
def test_other_parameters_are_refused(parameters, kind, message):
    with pytest.raises(SettingsError, match=message):
        check_weighted(parameters, kind)


def test_they_change_before_the_first_step_only():
    for name, new in (("γ", CONSTANT._replace(gamma=1.0)), ("η", CONSTANT._replace(eta=2.0))):
        check_weighted_change(CONSTANT, new, "force", 0)
        with pytest.raises(SettingsError, match=f"{name} cannot change after step 3 of a run with"):
            check_weighted_change(CONSTANT, new, "force", 3)
    check_weighted_change(CONSTANT, CONSTANT, "force", 3)
