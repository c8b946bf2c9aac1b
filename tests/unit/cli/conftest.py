from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from confdiff_widgets.cli import app
from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.physics.config import EnergyConfig
from confdiff_widgets.physics.labels import Labels

RECIPE = """
[network]
time = 8
index = 8
rbf = 8
c_s = 16
c_z = 8
c_skip = 4
blocks = 1
heads = 2
c_hidden = 4
qk_points = 2
v_points = 2
tfmr_heads = 2
tfmr_layers = 1

[training]
steps = 6
residues = 20
checkpoint_every = 3

[[protein]]
name = "chignolin"
trajectories = "chignolin_heavy.xtc"
topology = "chignolin_heavy.pdb"
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def confdiff() -> Callable[..., Result]:
    """Run the command in this process; a traceback fails the test."""
    runner = CliRunner()

    def run(*arguments: object) -> Result:
        result = runner.invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def refused(confdiff, in_an_empty_folder) -> Callable[..., str]:
    """Run a command that must fail with one message and no output, and return the message."""

    def run(*arguments: object) -> str:
        before = sorted(in_an_empty_folder.iterdir())
        result = confdiff(*arguments)
        assert result.exit_code == 1
        assert result.stdout == ""
        *notices, message = result.stderr.splitlines()
        assert message.startswith("Error: ")
        assert not any("Error" in notice for notice in notices)
        assert sorted(in_an_empty_folder.iterdir()) == before
        return message

    return run


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe that trains in seconds."""
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


HEAD_RECIPE = (
    RECIPE.split("[[protein]]")[0]
    + """
[head]
kind = "KIND"

[[protein]]
name = "chignolin"
labels = "labels.npz"
"""
)


@pytest.fixture(scope="session")
def head_recipe(tmp_path_factory, data_dir, chignolin_heavy) -> Callable[[str], Path]:
    """Return a factory of head recipes for "force" or "energy", with labels in the same folder."""
    folder = tmp_path_factory.mktemp("heads")
    found = chignolin_heavy.atom14
    energy = np.linspace(-200.0, -170.0, len(found.positions))
    Labels(
        Ensemble(found.positions.float(), found.sequence),
        energy,
        components=np.zeros((len(energy), 5)),
        ca_forces=np.zeros((len(energy), 10, 3), dtype=np.float32),
        reason=np.full(len(energy), ""),
        config=EnergyConfig(),
    ).save(folder / "labels.npz")

    def make(kind: str) -> Path:
        path = folder / f"{kind}.toml"
        path.write_text(HEAD_RECIPE.replace("KIND", kind), encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="session")
def trained(confdiff, recipe, data_dir, tmp_path_factory) -> Path:
    """Training folder of a tiny conditional network."""
    folder = tmp_path_factory.mktemp("trained")
    result = confdiff("train", recipe, "--data", data_dir, "--out", folder)
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture(scope="session")
def thermal(confdiff, tmp_path_factory) -> Path:
    """Training folder of a tiny thermal network."""
    folder = tmp_path_factory.mktemp("thermal")
    text = RECIPE.replace("[network]", "[network]\ntemperature = 8")
    text = text[: text.index("[[protein]]")] + '[[peptides]]\nfiles = "*_SPLG.npz"\n'
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    peptides = Path(__file__).parents[2] / "data" / "peptides"
    result = confdiff("train", folder / "recipe.toml", "--data", peptides, "--out", folder)
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture(scope="session")
def trained_head(confdiff, head_recipe, trained, tmp_path_factory) -> Path:
    """Training folder of an energy head for ``trained``."""
    folder = tmp_path_factory.mktemp("head")
    start = trained / "network.safetensors"
    result = confdiff("train", head_recipe("energy"), "--start", start, "--out", folder)
    assert result.exit_code == 0, result.stderr
    return folder
