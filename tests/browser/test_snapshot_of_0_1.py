"""A snapshot page written by version 0.1 works without a kernel and without a network.

The stored page lacks plotly.js, which is 5 MB and is put back from the installed plotly.
"""

from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from .pixels import changed_fraction, pixels
from .test_snapshot import offline

__all__ = ["offline"]

STORED = Path(__file__).parents[1] / "data" / "snapshot_0.1.html"


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_its_timeline_moves_the_structures(offline, tmp_path, dark):
    page_file = tmp_path / "snapshot.html"
    text = STORED.read_text(encoding="utf-8").replace("{{plotly}}", get_plotlyjs())
    page_file.write_text(text, encoding="utf-8")
    page = offline(page_file, dark=dark)
    slider = page.locator("input[type=range]").first
    before = pixels(page.locator("body"))
    slider.fill("1")
    page.wait_for_timeout(500)
    assert changed_fraction(before, pixels(page.locator("body"))) > 0.005
