"""What the browser shows, as pixels."""

from __future__ import annotations

import io
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator

from .lab import PATIENCE, wait_until

Pixels = NDArray[np.uint8]


def pixels(locator: Locator) -> Pixels:
    """What an element looks like now, (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))


def changed_fraction(before: Pixels, after: Pixels) -> float:
    """Part of the pixels that differ visibly."""
    if before.shape != after.shape:
        return 1.0
    return float((np.abs(before.astype(int) - after).max(axis=-1) > 12).mean())


def wait_for_pixels_to_change(
    locator: Locator, before: Pixels, *, fraction: float = 0.002, timeout: float = PATIENCE
) -> Pixels:
    """The element's pixels once at least ``fraction`` of them differ from ``before``."""

    def differing() -> list[Pixels]:
        now = pixels(locator)
        return [now] if changed_fraction(before, now) >= fraction else []

    found: list[Pixels] = wait_until(differing, "pixels that change", timeout=timeout)
    return found[0]


def wait_for_still_pixels(locator: Locator, *, pause: float = 0.8) -> Pixels:
    """The element's pixels once they stay as they are."""
    last = pixels(locator)
    while True:
        time.sleep(pause)
        now = pixels(locator)
        if changed_fraction(last, now) == 0:
            return now
        last = now
