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
        ({"samples": 10**9}, "samples is 1000000000"),
        ({"samples": 2.5}, "samples is 2.5"),
        ({"samples": "2"}, "samples is '2'"),
        ({"steps": 10**11}, "steps is 100000000000"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1e20}, "seed is "),
        ({"seed": None}, "seed is None"),
        ({"gamma": 1e308}, "γ is 1e\\+308"),
        ({"gamma": {"value": 0.5, "rest": 11.0}}, "γ is 11"),
        ({"gamma": "1"}, "γ is '1'"),
        ({"eta": 5.5, "guidance": "force"}, "η is 5.5. Give a number from 0 to 5"),
        ({"eta": -1, "guidance": "energy"}, "η is -1"),
        ({"eta": {"value": 9, "start": 0.5}, "guidance": "force"}, "η is 9"),
        ({"eta": 1e31}, "η is 1e\\+31"),
        ({"guidance": ["force"]}, "Unknown guidance"),
        ({"solver": ["em"]}, "Unknown solver"),
        ({"resample": 0}, "resample is 0"),
        ({"stochasticity": math.nan}, "stochasticity is nan"),
        ({"gamma": math.nan}, "γ is nan"),
        ({"gamma": math.inf}, "γ is inf"),
        ({"eta": math.nan}, "η is nan"),
        ({"eta": {"value": 1.0, "start": 2.0}}, "window of a schedule is 2.0"),
        ({"guidance": "wind"}, "Unknown guidance 'wind'; use none, temperature, force or energy"),
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
