"""The temperature of a run: a single one, an approximate one, or none."""

from __future__ import annotations

import pytest

from confdiff_widgets.guidance.parameters import GuidanceParameters
from confdiff_widgets.guidance.sampled_temperature import sampled_temperature
from confdiff_widgets.guidance.schedule import Schedule
from confdiff_widgets.models.temperature import eta_of_temperature

COLD, WARM = (eta_of_temperature(kelvin) for kelvin in (300.0, 335.0))


def temperature(*parameters, kind="temperature"):
    return sampled_temperature(kind, [GuidanceParameters(*p) for p in parameters])


def test_a_constant_run_has_its_temperature():
    found = temperature((1.0, WARM), (1.0, WARM))
    assert found.kelvin == pytest.approx(335) and not found.approximate
    assert (found.label, found.reason) == ("335 K", "")


def test_the_temperature_is_approximate_unless_gamma_is_1():
    found = temperature((0.8, WARM))
    assert found.kelvin == pytest.approx(335) and found.label == "≈ 335 K"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ([(1.0, WARM), (1.0, COLD)], "η was changed during the run"),
        ([(1.0, WARM), (0.8, WARM)], "γ was changed during the run"),
        ([(1.0, Schedule(WARM, 0.5))], "η depends on t"),
        ([(Schedule(1.0, 0.9, 0.1, "cosine"), WARM)], "γ depends on t"),
    ],
)
def test_a_run_without_a_single_temperature_is_varied(parameters, reason):
    found = temperature(*parameters)
    assert (found.kelvin, found.label, found.reason) == (None, "varied", reason)


@pytest.mark.parametrize("kind", ["none", "force", "energy", "of a plugin"])
def test_other_kinds_of_guidance_have_no_temperature(kind):
    assert temperature((1.0, WARM), kind=kind) is None
