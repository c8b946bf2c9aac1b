"""Recipes: selection of data, defaults, and rejected settings."""

from __future__ import annotations

import os
from pathlib import Path

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.training.recipe import BUNDLED_SIZE, load_recipe

PROTEIN = """
[[protein]]
name = "chignolin"
trajectories = "md_*.xtc"
topology = "md.pdb"
"""


@pytest.fixture
def folder(tmp_path: Path, chignolin_heavy) -> Path:
    """Write three replicas of 6, 7 and 9 frames."""
    trajectory = chignolin_heavy.mdtraj[:]
    trajectory[0].save_pdb(str(tmp_path / "md.pdb"))
    for number, part in enumerate((slice(0, 6), slice(6, 13), slice(13, 22))):
        trajectory[part].save_xtc(str(tmp_path / f"md_{number}.xtc"))
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_recipes_of_windows_editors_are_read(folder, encoding):
    path = folder / "recipe.toml"
    path.write_bytes(PROTEIN.replace("\n", "\r\n").encode(encoding))
    assert load_recipe(path).proteins[0].name == "chignolin"


@pytest.mark.parametrize("kind", ["complex64", "str"])
def test_temperatures_of_another_type_are_rejected(folder, kind):
    np.savez(folder / "t.npz", temperature_k=np.full((3, 9), 300.0).astype(kind))
    text = PROTEIN + 'temperatures = "t.npz"\nbetween = [250.0, 350.0]\n'
    with pytest.raises(SettingsError, match="contains values of type"):
        load_recipe(write(folder, text)).read()


def test_defaults(folder):
    recipe = load_recipe(write(folder, PROTEIN))
    assert recipe.conditional
    assert recipe.network.node_repr == 20
    assert {k: getattr(recipe.network, k) for k in BUNDLED_SIZE} == BUNDLED_SIZE
    (conformers,) = recipe.read()
    assert conformers.sequence == "YYDPETGTWY"
    assert conformers.replica.bincount().tolist() == [6, 7, 9]
    assert recipe.probabilities == [1.0]


def test_settings_are_applied(folder):
    text = """
    conditional = false
    [network]
    c_s = 24
    [training]
    steps = 7
    [training.losses]
    torsion = 0.5
    """
    recipe = load_recipe(write(folder, text + PROTEIN + "probability = 0.25"))
    assert recipe.network.node_repr == 0
    assert recipe.network.c_s == 24
    assert recipe.network.c_z == BUNDLED_SIZE["c_z"]
    assert recipe.training.steps == 7
    assert recipe.training.losses.torsion == 0.5
    assert recipe.probabilities == [0.25]


def test_paths_may_be_relative_to_another_folder(folder, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("recipes"), PROTEIN)
    (conformers,) = load_recipe(path, data=folder).read()
    assert len(conformers) == 22
    with pytest.raises(SettingsError, match="No trajectory matches"):
        load_recipe(path).read()


@pytest.mark.parametrize(
    ("replicas", "frames"), [("all", [6, 7, 9]), ("even", [6, 9]), ("odd", [7])]
)
def test_replicas(folder, replicas, frames):
    (conformers,) = load_recipe(write(folder, PROTEIN + f"replicas = '{replicas}'")).read()
    assert conformers.replica.bincount().tolist() == frames


def test_skipped_frames(folder, chignolin_heavy):
    (conformers,) = load_recipe(write(folder, PROTEIN + "skip = 5")).read()
    assert conformers.replica.bincount().tolist() == [1, 2, 4]
    real = chignolin_heavy.atom14.positions[5]  # the last frame of the first replica
    real = real[:, :4] - real[:, 1].mean(0)
    # an XTC file has a precision of 0.01 Å
    assert (conformers.backbone[0] - real).abs().max() < 0.03


def temperatures(folder: Path) -> None:
    """Truncate the replicas to 6 frames; frame k of replica r is at 300 + 10 r + k K."""
    rows = [300.0 + 10 * r + np.arange(6) for r in range(3)]
    np.savez(folder / "t.npz", temperature_k=np.array(rows))
    for number in range(3):
        path = folder / f"md_{number}.xtc"
        trajectory = mdtraj.load(str(path), top=str(folder / "md.pdb"))
        trajectory[:6].save_xtc(str(path))


SELECT = "temperatures = 't.npz'\nbetween = [304.0, 312.0]\n"


def test_frames_are_chosen_by_temperature(folder):
    temperatures(folder)
    (conformers,) = load_recipe(write(folder, PROTEIN + SELECT)).read()
    # 304, 305 of the first replica, 310 to 312 of the second, none of the third
    assert conformers.replica.tolist() == [0, 0, 1, 1, 1]
    (odd,) = load_recipe(write(folder, PROTEIN + SELECT + "replicas = 'odd'")).read()
    assert len(odd) == 3
    (later,) = load_recipe(write(folder, PROTEIN + SELECT + "skip = 2")).read()
    assert later.replica.tolist() == [0, 0, 1]


def test_temperatures_that_do_not_match_are_rejected(folder):
    path = write(folder, PROTEIN + SELECT)
    with pytest.raises(SettingsError, match=r"temperature_k of .*t\.npz"):
        load_recipe(path).read()
    (folder / "t.npz").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(SettingsError, match=r"temperature_k of .*t\.npz"):
        load_recipe(path).read()
    np.savez(folder / "t.npz", kelvin=np.zeros(3))
    with pytest.raises(SettingsError, match=r"temperature_k of .*t\.npz"):
        load_recipe(path).read()
    np.savez(folder / "t.npz", temperature_k=np.zeros((2, 6)))
    with pytest.raises(SettingsError, match="2 replicas, but 3 trajectories"):
        load_recipe(path).read()
    np.savez(folder / "t.npz", temperature_k=np.zeros((3, 6)))
    with pytest.raises(StructureError, match=r"6 entries for .*md_1"):
        load_recipe(path).read()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one protein"),
        ("[protein]\nname = 'a'\ntrajectories = 'b'", r"\[\[protein\]\]"),
        ("training = 5" + PROTEIN, r"training as a table, \[training\]"),
        ("conditional = 'no'" + PROTEIN, "conditional is 'no'"),
        ("stepz = 5" + PROTEIN, "Unknown keys in .*: stepz"),
        (
            PROTEIN + "topologie = 'a.pdb'",
            "Invalid protein settings: unknown setting topologie; known settings: .*topology",
        ),
        (PROTEIN + "[network]\nwidth = 3", "network settings: unknown setting width"),
        (PROTEIN + "[training]\nepochs = 3", "training settings: unknown setting epochs"),
        (PROTEIN + "[training.losses]\nfape = 1", "training.losses settings: unknown setting fape"),
        ("[[protein]]\nname = 'a'", "protein settings: .*trajectories"),
        (PROTEIN + "skip = -1", "chignolin: skip is -1"),
        (PROTEIN + "skip = 'a'", "Invalid protein settings"),
        (PROTEIN + "probability = 0", "probability is 0"),
        (PROTEIN + "probability = nan", "probability is nan"),
        (PROTEIN + "replicas = 'first'", "replicas is 'first'. Use all, even, odd"),
        (PROTEIN + "between = [1.0, 2.0]", "between and target require temperatures"),
        (PROTEIN + "temperatures = 't.npz'", "temperatures requires between, target or a thermal"),
        ("[network]\ntemperature = 8" + PROTEIN, "chignolin has no temperatures"),
        ("[[protein", "Cannot read the recipe"),
    ],
)
def test_mistakes_are_reported_before_data_is_read(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message):
        load_recipe(write(tmp_path, text))


def test_a_missing_recipe_is_reported(tmp_path):
    with pytest.raises(SettingsError, match=r"Cannot read the recipe .*no\.toml"):
        load_recipe(tmp_path / "no.toml")


def test_skipping_all_frames_is_rejected(folder):
    with pytest.raises(StructureError, match="No frames of chignolin are left after skipping 99"):
        load_recipe(write(folder, PROTEIN + "skip = 99")).read()


@pytest.mark.parametrize("name", ["conditional", "unconditional", "even_replicas"])
def test_recipes_of_the_bundled_networks_are_valid(name):
    path = Path(__file__).parents[3] / "recipes" / f"{name}.toml"
    recipe = load_recipe(path)
    assert recipe.conditional == (name != "unconditional")
    assert recipe.proteins[0].name == "chignolin"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 50_000, "Cannot read the recipe|nested too deeply"),
        (PROTEIN + "[training]\nsteps = '9'", "steps: expected int, got str"),
        (PROTEIN + "[training]\nsteps = [1]", "steps: expected int"),
        (PROTEIN + "[training]\nlosses = 3", "not a table"),
        (PROTEIN + "between = [300]", "between: expected array of length 2"),
        (PROTEIN + "[network]\nblocks = 1000000000", "blocks is 1000000000"),
        ("protein = [3]", "not a table"),
        ("[[protein]]\ntrajectories = 'a.xtc'", "name is missing"),
        ("representation = 5\n" + PROTEIN, "representation is 5"),
    ],
)
def test_tampered_recipes_are_one_error(tmp_path, text, message):
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_recipe(tmp_path / "recipe.toml")


def test_a_pipe_or_a_huge_file_is_no_recipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with (tmp_path / "huge.toml").open("wb") as file:
        file.truncate(1 << 40)  # sparse
    for name, why in (("pipe.toml", "not a regular file"), ("huge.toml", "more than the")):
        with pytest.raises(SettingsError, match=why):
            load_recipe(tmp_path / name)
