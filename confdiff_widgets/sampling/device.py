"""Selection of the device of a run."""

from __future__ import annotations

import torch

from ..errors import SettingsError


def choose_device(name: str) -> tuple[str, str | None]:
    """Return an available device, and a notice if it is not the requested one.

    Parameters
    ----------
    name : str
        "auto" selects a CUDA device if there is one; otherwise "cpu", "cuda" or "cuda:N".

    Raises
    ------
    SettingsError
        If the name is not a device, or the device does not exist.
    """
    if name == "auto":
        return ("cuda" if torch.cuda.is_available() else "cpu"), None
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SettingsError(f"Unknown device {name!r}. Use cpu, cuda, cuda:1, ... or auto.") from (
            error
        )
    if device.type not in ("cpu", "cuda"):
        raise SettingsError(f"Device {name!r} is not supported. Use cpu or cuda.")
    if device.type == "cuda":
        if not torch.cuda.is_available():
            return "cpu", f"{name} was requested, but no CUDA device is available; using the CPU."
        if (device.index or 0) >= torch.cuda.device_count():
            raise SettingsError(
                f"{name} does not exist: {torch.cuda.device_count()} CUDA device(s) are available."
            )
    return str(device), None
