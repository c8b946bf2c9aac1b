"""Ranges of the settings of a training."""

import math
from dataclasses import fields

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.training.config import RANGES, TrainingConfig
from confdiff_widgets.training.losses import LossWeights


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, -1, 1e308, 10**400, "1", None, [], True]
)
def test_invalid_settings_are_rejected(name, value):
    with pytest.raises(SettingsError, match=rf"^{name} is .+\. Give a (whole )?number"):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize("name", [field.name for field in fields(LossWeights)])
@pytest.mark.parametrize("value", [math.nan, -math.inf, -1, 1e308, "1", None])
def test_invalid_weights_of_losses_are_rejected(name, value):
    with pytest.raises(SettingsError, match=rf"^{name} is .+\. Give a number"):
        LossWeights(**{name: value})


@pytest.mark.parametrize("value", ["64", None, 32, "bf16" * 1000])
def test_unknown_precisions_are_rejected(value):
    with pytest.raises(SettingsError, match=r"^precision is .+\. Use 32-true"):
        TrainingConfig(precision=value)
