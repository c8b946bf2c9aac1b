"""Choosing the device of a run."""

from __future__ import annotations

import torch

from ..errors import SettingsError


def choose_device(name: str) -> tuple[str, str | None]:
    """A device that exists, and a notice if it is not the one that was asked for.

    Parameters
    ----------
    name : str
        "auto" takes a CUDA device when there is one; otherwise "cpu", "cuda" or "cuda:N".

    Raises
    ------
    SettingsError
        For a name that is not a device.
    """
    if name == "auto":
        return ("cuda" if torch.cuda.is_available() else "cpu"), None
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SettingsError(f"Unknown device {name!r}: use cpu, cuda, cuda:1, ... or auto.") from (
            error
        )
    if device.type not in ("cpu", "cuda"):
        raise SettingsError(f"Device {name!r} is not supported: use cpu or cuda.")
    if device.type == "cuda":
        if not torch.cuda.is_available():
            return "cpu", f"{name} was asked for, but no CUDA device is available; using the CPU."
        if (device.index or 0) >= torch.cuda.device_count():
            raise SettingsError(
                f"There is no {name}: {torch.cuda.device_count()} CUDA device(s) are available."
            )
    return str(device), None
