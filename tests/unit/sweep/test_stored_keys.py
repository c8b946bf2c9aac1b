"""Keys of stored cells: the same as in earlier versions, and different for different cells."""

from __future__ import annotations

import json
from pathlib import Path

from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell, cell_key
from confdiff_widgets.sweep.stored_keys import STORED_NAMES, baseline_key, excess_key

STORED = Path(__file__).parents[2] / "data" / "sweep_0.1"


def test_the_key_of_a_cell_does_not_change():
    cell = Cell("chignolin", SamplerConfig(samples=2, seed=3))
    assert cell_key(cell, "weights", 4, 3) == "37d904b6555ce7be780efae5"


def test_everything_that_changes_the_result_changes_the_key():
    cells = [
        Cell("chignolin", SamplerConfig(seed=0)),
        Cell("chignolin", SamplerConfig(seed=1)),
        Cell("chignolin", SamplerConfig(gamma=0.5)),
        Cell("chignolin", SamplerConfig(temperature=350)),
    ]
    keys = [cell_key(cell, "a", 4, 1) for cell in cells]
    keys += [cell_key(cells[0], "b", 4, 1), cell_key(cells[0], "a", 5, 1)]
    keys += [cell_key(cells[0], "a", 4, 2), cell_key(cells[0], "a")]
    assert len(set(keys)) == len(keys)


def test_names_in_files_do_not_change():
    assert STORED_NAMES == {"guidance_network": "head"}
    assert (baseline_key("js_tic"), excess_key("js_tic")) == ("js_tic_floor", "js_tic_excess")
    settings = json.loads((STORED / "sweep.json").read_text())
    assert "head" in json.dumps(settings)
