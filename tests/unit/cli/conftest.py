from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from confdiff_widgets.cli import app

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
    """Runs the command in this process; a traceback fails the test."""
    runner = CliRunner()

    def run(*arguments: object) -> Result:
        result = runner.invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def refused(confdiff, in_an_empty_folder) -> Callable[..., str]:
    """Runs a command that must fail as users deserve it; returns the message."""

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
    """A training of seconds."""
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trained(confdiff, recipe, data_dir, tmp_path_factory) -> Path:
    """The folder of a tiny conditional network, trained by the command."""
    folder = tmp_path_factory.mktemp("trained")
    result = confdiff("train", recipe, "--data", data_dir, "--out", folder)
    assert result.exit_code == 0, result.stderr
    return folder
