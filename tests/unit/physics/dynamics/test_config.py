"""Settings of simulations: ranges, ladders and names."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.physics.dynamics.config import DynamicsConfig, parse_ladder, random_seed


def test_ladders_are_geometric():
    ladder = parse_ladder("300:450:16")
    assert len(ladder) == 16
    assert (ladder[0], ladder[-1]) == (300, 450)
    np.testing.assert_allclose(np.diff(np.log(ladder)), np.log(1.5) / 15, rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("300:450", "not LOWEST:HIGHEST:NUMBER"),
        ("300:450:16:2", "not LOWEST:HIGHEST:NUMBER"),
        ("a:b:c", "not LOWEST:HIGHEST:NUMBER"),
        ("", "not LOWEST:HIGHEST:NUMBER"),
        ("300:450:1", "number of temperatures is 1"),
        ("300:450:2.5", "number of temperatures is 2.5"),
        ("300:450:nan", "number of temperatures is nan"),
        ("300:450:1e9", "number of temperatures is 1"),
        ("450:300:4", "does not ascend"),
        ("300:300:4", "does not ascend"),
        ("10:450:4", "lowest temperature is 10.0 K"),
        ("300:5000:4", "highest temperature is 5000.0 K"),
        ("300:inf:4", "highest temperature is inf K"),
    ],
)
def test_invalid_ladders_are_refused(text, message):
    with pytest.raises(SettingsError, match=message):
        parse_ladder(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperatures": (100.0,)}, "temperature is 100.0 K. Give a number from 200 to 800 K"),
        ({"temperatures": (float("nan"),)}, "temperature is nan"),
        ({"temperatures": ()}, "No temperature"),
        ({"temperatures": (300.0, 350.0)}, "1 replicas for 2 temperatures"),
        ({"time_ns": 0}, "time is 0 ns"),
        ({"time_ns": -1}, "time is -1 ns"),
        ({"time_ns": 0.001}, "shorter than the 10 ps between frames"),
        ({"frame_ps": 0}, "time between frames is 0 ps"),
        ({"frame_ps": 1.5}, "time between frames is 1.5 ps"),
        ({"replicas": 0}, "number of replicas is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"starts": ("boiled",)}, "Unknown start 'boiled'"),
        ({"starts": ()}, "Unknown start"),
    ],
)
def test_settings_out_of_range_are_refused(changes, message):
    with pytest.raises(SettingsError, match=message):
        DynamicsConfig(**{"temperatures": (350.0,), "time_ns": 1.0, **changes})


def test_frames_and_names():
    config = DynamicsConfig((350.0,), 0.3, starts=("folded", "heated"), replicas=3)
    assert (config.frames, config.tag, config.exchanges) == (30, "md_350K", False)
    assert [config.start(k) for k in range(3)] == ["folded", "heated", "folded"]
    assert DynamicsConfig((350.0,), 0.0999).frames == 9
    assert DynamicsConfig((300.0, 312.5), 1.0, replicas=2).tag == "remd"


def test_seeds_are_never_zero_and_differ():
    """OpenMM takes a seed of 0 for a random one."""
    seeds = {random_seed(0, 4, k, frame) for k in range(20) for frame in range(200)}
    assert len(seeds) == 4000
    assert min(seeds) > 0
    assert max(seeds) < 2**31
