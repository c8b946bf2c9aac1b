"""Functions of the time: the same for numbers and tensors, and of the same kind."""

from __future__ import annotations

import math

import pytest
import torch

from confdiff_widgets.diffusion import times


@pytest.mark.parametrize("name", ["exp", "expm1", "log"])
def test_numbers_and_tensors_agree(name):
    function = getattr(times, name)
    for x in (1e-12, 0.3, 1.0):
        number = function(x)
        assert isinstance(number, float) and number == getattr(math, name)(x)
        tensor = function(torch.tensor(x, dtype=torch.float64))
        assert isinstance(tensor, torch.Tensor)
        assert tensor.item() == pytest.approx(number, rel=1e-14)
