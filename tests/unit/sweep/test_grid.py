import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance.schedule import Schedule
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell, EmptyGridError, cell_key, grid, parse_axis


def test_ranges_and_lists():
    assert parse_axis("0:4:5", "--eta") == [0, 1, 2, 3, 4]
    assert parse_axis("0:1:11", "--gamma")[3] == 0.3  # rounded from 0.30000000000000004
    assert parse_axis("0,0.5, 2", "--eta") == [0, 0.5, 2]
    assert parse_axis("1", "--eta") == [1]


@pytest.mark.parametrize("text", ["0:4", "a", "0:1:x", "nan", "0:inf:3", "0:1:-2"])
def test_other_forms_are_refused_with_the_usage(text):
    with pytest.raises(SettingsError, match="FROM:TO:COUNT"):
        parse_axis(text, "--eta")


@pytest.mark.parametrize("text", ["", ",", "0:1:0"])
def test_empty_axes_are_refused(text):
    with pytest.raises(EmptyGridError, match="no number"):
        parse_axis(text, "--eta")


def test_grids_contain_every_combination_once():
    cells = grid(["a", "b"], axes={"gamma": [0.0, 1.0, 1], "seed": [1, 2]}, samples=3)
    assert len(cells) == 2 * 2 * 2
    assert [(c.protein, c.config.gamma, c.config.seed) for c in cells[:3]] == [
        ("a", 0.0, 1),
        ("a", 0.0, 2),
        ("a", 1.0, 1),
    ]
    assert {c.config.samples for c in cells} == {3}


def test_cells_at_zero_eta_have_no_guidance():
    unguided, guided = grid(["a"], axes={"eta": [0, 2]}, guidance="force")
    assert (unguided.config.guidance, guided.config.guidance) == ("none", "force")
    assert unguided == grid(["a"], axes={"eta": [0]}, guidance="energy")[0]


def test_temperatures_are_an_axis():
    kelvin = parse_axis("300:450:7", "--temperature")
    cells = grid(["a"], axes={"temperature": kelvin, "seed": [0, 1]})
    assert [cell.temperature for cell in cells[::2]] == [300, 325, 350, 375, 400, 425, 450]
    assert {cell.config.guidance for cell in cells} == {"temperature"}
    assert Cell.from_dict(cells[2].to_dict()) == cells[2]
    assert "temperature" not in cells[2].to_dict()["config"]  # stored as η, as always
    by_eta = grid(["a"], axes={"eta": [0.0, 1.0]}, guidance="temperature")
    assert [cell.temperature for cell in by_eta] == [450, 300]
    assert cell_key(by_eta[1], "weights") == cell_key(cells[0], "weights")
    assert grid(["a"], axes={"eta": [2]}, guidance="force")[0].temperature is None


@pytest.mark.parametrize("kelvin", [281, 474])
def test_the_stated_range_of_temperatures_is_accepted(kelvin):
    assert grid(["a"], axes={"temperature": [kelvin]})[0].temperature == kelvin


@pytest.mark.parametrize(
    ("axes", "fixed", "words"),
    [
        ({"temperature": [275]}, {}, "275 K. Temperature guidance covers 281 to 474 K"),
        ({"temperature": [480]}, {}, "480 K. Temperature guidance covers 281 to 474 K"),
        ({"temperature": [300], "eta": [1]}, {}, "Both η and a temperature"),
        ({"temperature": [300]}, {"guidance": "force"}, "does not apply to force guidance"),
        ({"temperature": ["warm"]}, {}, "temperature is 'warm'"),
    ],
)
def test_invalid_temperatures_are_refused(axes, fixed, words):
    with pytest.raises(SettingsError, match=words):
        grid(["a"], axes=axes, **fixed)


def test_empty_grids_are_refused():
    with pytest.raises(EmptyGridError, match="protein"):
        grid([], axes={"eta": [0]})
    with pytest.raises(EmptyGridError, match="eta"):
        grid(["a"], axes={"eta": []})


def test_keys_depend_on_the_content():
    cell = Cell("chignolin", SamplerConfig(seed=1))
    key = cell_key(cell, "weights", energies=4)
    assert key == cell_key(Cell.from_dict(cell.to_dict()), "weights", energies=4)
    others = [
        cell_key(Cell("chignolin", SamplerConfig(seed=2)), "weights", energies=4),
        cell_key(Cell("chignolin", SamplerConfig(seed=1, gamma=0.5)), "weights", energies=4),
        cell_key(cell, "other weights", energies=4),
        cell_key(cell, "weights", energies=5),
    ]
    assert len({key, *others}) == 5
    # aliases of a protein share their cells: its sequence is in the weights' fingerprint
    assert key == cell_key(Cell("5awl", cell.config), "weights", energies=4)


def test_schedules_are_stored_and_shown_by_value():
    cell = Cell("chignolin", SamplerConfig(gamma=Schedule(0.7, start=0.5), guidance="none"))
    assert Cell.from_dict(cell.to_dict()) == cell
    assert cell.axis("gamma") == 0.7


def test_cells_of_another_version_are_refused():
    content = Cell("chignolin", SamplerConfig()).to_dict()
    content["config"]["temperature"] = 300
    with pytest.raises(SettingsError, match="temperature"):
        Cell.from_dict(content)
