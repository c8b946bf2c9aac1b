"""Choice of the device, with and without a GPU."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.sampling.device import choose_device


@pytest.fixture(params=[0, 2])
def gpus(request, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)
    return request.param


def test_the_automatic_choice_is_a_gpu_if_there_is_one(gpus):
    assert choose_device("auto") == ("cuda" if gpus else "cpu", None)
    assert choose_device("cpu") == ("cpu", None)


def test_a_missing_gpu_is_announced(gpus):
    device, notice = choose_device("cuda:1")
    if gpus:
        assert (device, notice) == ("cuda:1", None)
    else:
        assert device == "cpu"
        assert notice == "cuda:1 was requested, but no CUDA device is available; using the CPU."


def test_unknown_devices_are_refused(gpus):
    with pytest.raises(SettingsError, match=r"Unknown device 'gpu'\. Use cpu, cuda, cuda:1"):
        choose_device("gpu")
    with pytest.raises(SettingsError, match="Device 'meta' is not supported"):
        choose_device("meta")
    if gpus:
        with pytest.raises(SettingsError, match=r"cuda:2 does not exist: 2 CUDA device\(s\)"):
            choose_device("cuda:2")
