"""Settings, devices and random numbers of a run."""

from __future__ import annotations

import json
import math

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sampling.device import choose_device
from confdiff_widgets.sampling.initial_state import generator_for


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"samples": 0}, "samples is 0"),
        ({"steps": 0}, "steps is 0"),
        ({"gamma": math.nan}, "γ is nan"),
        ({"gamma": math.inf}, "γ is inf"),
        ({"eta": math.nan}, "η is nan"),
        ({"eta": {"value": 1.0, "start": 2.0}}, "window of a schedule is 2.0"),
        ({"guidance": "wind"}, "Unknown guidance 'wind'; use none, force, energy or temperature"),
        ({"t_start": 0.0}, "t_start is 0.0"),
        ({"t_start": 1.1}, "t_start is 1.1"),
        ({"t_start": math.nan}, "t_start is nan"),
        ({"solver": "rk45"}, "Unknown solver 'rk45'"),
        ({"stochasticity": 2.0}, "stochasticity is 2.0"),
        ({"solver": "heun", "stochasticity": 0.5}, "no tunable noise"),
    ],
)
def test_invalid_settings_are_refused(setting, message):
    with pytest.raises(SettingsError, match=message):
        SamplerConfig(**setting)


def test_settings_survive_conversion_to_a_dictionary():
    config = SamplerConfig(samples=3, solver="ddim", stochasticity=0.5, gamma=-1.0, seed=7)
    assert SamplerConfig(**config.to_dict()) == config
    config = SamplerConfig(gamma=Schedule(1.0, 0.5), eta=Schedule(2.0, shape="cosine"))
    assert SamplerConfig(**json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("solver", "usual"), [("em", 0.0), ("heun", 0.0), ("ddim", 1.0), ("dpm", 1.0)]
)
def test_default_stochasticity_is_the_solvers(solver, usual):
    config = SamplerConfig(solver=solver)
    assert config.stochasticity == config.to_dict()["stochasticity"] == usual
    if usual:
        assert SamplerConfig(solver=solver, stochasticity=0.0).stochasticity == 0


def draw(seed: int, step: int) -> torch.Tensor:
    return torch.randn(8, generator=generator_for(seed, step, "cpu"))


def test_random_numbers_depend_only_on_seed_and_step():
    assert torch.equal(draw(3, 5), draw(3, 5))
    pairs = [(0, 0), (0, 1), (1, 0), (1, 11), (11, 1), (-1, 1), (2**63, 1)]
    drawn = [draw(*pair) for pair in pairs]
    for i, first in enumerate(drawn):
        assert not any(torch.equal(first, second) for second in drawn[:i])


def test_device_names():
    assert choose_device("cpu") == ("cpu", None)
    for name in ("gpu", "tpu:0", "meta"):
        with pytest.raises(SettingsError, match=name):
            choose_device(name)


def test_device_without_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == ("cpu", None)
    device, notice = choose_device("cuda")
    assert device == "cpu"
    assert "no CUDA device" in notice


def test_device_with_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == ("cuda", None)
    assert choose_device("cuda:1") == ("cuda:1", None)
    with pytest.raises(SettingsError, match=r"cuda:2 does not exist: 2 CUDA device"):
        choose_device("cuda:2")
