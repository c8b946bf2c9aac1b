"""Screenshots of elements, as arrays of pixels."""

from __future__ import annotations

import io
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator

from .lab import TIMEOUT, wait_until

Pixels = NDArray[np.uint8]


def pixels(locator: Locator) -> Pixels:
    """Return the pixels of an element, (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))


def changed_fraction(before: Pixels, after: Pixels) -> float:
    """Return the fraction of pixels that differ visibly."""
    if before.shape != after.shape:
        return 1.0
    return float((np.abs(before.astype(int) - after).max(axis=-1) > 12).mean())


def wait_for_pixels_to_change(
    locator: Locator, before: Pixels, *, fraction: float = 0.002, timeout: float = TIMEOUT
) -> Pixels:
    """Wait until a fraction of the pixels differs from ``before``, and return the pixels."""

    def changed() -> list[Pixels]:
        now = pixels(locator)
        return [now] if changed_fraction(before, now) >= fraction else []

    found: list[Pixels] = wait_until(changed, "changed pixels", timeout=timeout)
    return found[0]


def wait_for_still_pixels(locator: Locator, *, pause: float = 0.8) -> Pixels:
    """Wait until the pixels of an element stop changing, and return them."""
    last = pixels(locator)
    while True:
        time.sleep(pause)
        now = pixels(locator)
        if changed_fraction(last, now) == 0:
            return now
        last = now
