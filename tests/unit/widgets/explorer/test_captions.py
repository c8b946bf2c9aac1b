"""The captions of figures."""

import re

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.widgets.explorer.background import background_at
from confdiff_widgets.widgets.explorer.captions import about_plane, meaning_of_tics


@pytest.mark.parametrize("name", proteins.names())
def test_tics_correlate_with_the_distances_that_are_named(name):
    system = load_system(name)
    ca = system.reference.ca
    tics = system.reference.tica.transform(ca)
    for k, meaning in enumerate(meaning_of_tics(system)):
        found = re.findall(
            r"(increases|decreases) as the \w{3}(\d+)–\w{3}(\d+) distance increases", meaning
        )
        assert meaning.startswith(f"TIC {k + 1}: ") and 1 <= len(found) <= 2
        for verb, i, j in found:
            distance = np.linalg.norm(ca[:, int(i) - 1] - ca[:, int(j) - 1], axis=1)
            r = np.corrcoef(distance, tics[:, k])[0, 1]
            assert abs(r) > 0.5 and (r > 0) == (verb == "increases")


def test_without_a_reference_there_is_no_plane(without_reference):
    background = background_at(without_reference, None)
    assert "no TICs" in about_plane(without_reference, background, [])
    assert meaning_of_tics(without_reference) == []
