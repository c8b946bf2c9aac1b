"""Settings of the energy calculation."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.physics import EnergyConfig


def test_the_defaults_are_those_of_the_labels():
    config = EnergyConfig()
    assert config.force_field == ("amber14/protein.ff14SB.xml", "implicit/gbn2.xml")
    assert (config.minimise, config.restraint, config.iterations) == (True, 10.0, 200)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"restraint": -1.0}, r"The restraint is -1\.0\. Give a spring constant of 0"),
        ({"restraint": float("nan")}, "The restraint is nan"),
        ({"iterations": 0}, r"The number of iterations is 0\. Give 1 or more, or use minimise=F"),
    ],
)
def test_unusable_settings_are_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        EnergyConfig(**settings)
