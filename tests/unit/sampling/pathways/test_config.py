"""Settings of a path: defaults, ranges, and constant guidance."""

from __future__ import annotations

import json

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import Schedule, eta_of_temperature
from confdiff_widgets.sampling.pathways import PathConfig


def test_a_temperature_is_eta_of_temperature_guidance():
    config = PathConfig(temperature=340)
    assert config.guidance == "temperature"
    assert config.eta == pytest.approx(eta_of_temperature(340.0))
    assert json.loads(json.dumps(config.to_dict()))["eta"] == config.eta


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": 2}, "images is 2. Give a whole number from 3"),
        ({"t": 0}, "t is 0"),
        ({"t": 0.6}, "t is 0.6"),
        ({"walkers": 1.5}, "walkers is 1.5"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"rotation_length": -1}, "rotation_length is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"gamma": Schedule(1.0, 0.5, 0.1)}, "gamma depends on t, and a path is found at a single"),
        ({"guidance": "force", "eta": 9}, "η is 9"),
    ],
)
def test_other_settings_are_refused(settings, message):
    with pytest.raises(SettingsError, match=message.replace(".", r"\.")):
        PathConfig(**settings)
