"""``confdiff train``: networks and heads, resuming and refusals."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from confdiff_widgets.models.checkpoints import load_network


def test_recipes(trained):
    assert (trained / "last.ckpt").is_file()
    network, representation = load_network(trained / "network.safetensors")
    assert representation == "one-hot"
    assert network.config.c_s == 16


def test_resumed_training_gives_the_same_network(confdiff, recipe, data_dir, trained, monkeypatch):
    """Training interrupted after step 4 resumes from the checkpoint of step 3."""
    from confdiff_widgets.training.trainer import Trainer

    step = Trainer._train_step

    def interrupted(trainer: Trainer) -> dict[str, float]:
        if trainer.step == 4:
            raise KeyboardInterrupt
        return step(trainer)

    command = ("train", recipe, "--data", data_dir, "--out", "out")
    monkeypatch.setattr(Trainer, "_train_step", interrupted)
    stopped = confdiff(*command)
    assert stopped.exit_code == 130
    assert "Stopped." in stopped.stderr
    monkeypatch.setattr(Trainer, "_train_step", step)
    resumed = confdiff(*command)
    assert "Resuming at step 3" in resumed.stderr
    assert "Trained 6 steps" in resumed.stdout
    again = confdiff(*command)
    assert "Resuming at step 6" in again.stderr
    expected = load_file(trained / "network.safetensors")
    found = load_file("out/network.safetensors")
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_trajectories_without_a_recipe(confdiff, data_dir):
    result = confdiff(
        "train", data_dir / "chignolin_heavy.xtc", "--topology",
        data_dir / "chignolin_heavy.pdb", "--out", "out", "--steps", 1, "--unconditional",
        "--skip", 2, "--name", "mine",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "mine: 20 conformers of YYDPETGTWY" in result.stderr
    network, representation = load_network("out/network.safetensors")
    assert representation is None
    assert network.config.c_s == 128


def test_invalid_input_is_refused(refused, recipe, data_dir, tmp_path):
    xtc, pdb = data_dir / "chignolin_heavy.xtc", data_dir / "chignolin_heavy.pdb"
    out = ("--out", "out")
    assert "No trajectory matches" in refused("train", "no/*.xtc", *out)
    assert "No trajectory matches" in refused("train", recipe, *out)
    assert "Cannot read the recipe" in refused("train", "no.toml", *out)
    shutil.copy(xtc, tmp_path / "alone.xtc")
    assert "topology" in refused("train", tmp_path / "alone.xtc", *out)
    wrong = data_dir / "trpcage.pdb"
    assert "may be that of another system" in refused("train", xtc, "--topology", wrong, *out)
    assert "Set them in the recipe" in refused("train", recipe, "--skip", 3, *out)
    assert "skip is -1" in refused("train", xtc, "--topology", pdb, "--skip", -1, *out)
    shutil.copy(pdb, tmp_path / "cut.pdb")
    (tmp_path / "cut.xtc").write_bytes(xtc.read_bytes()[:50])
    assert "cut.xtc" in refused("train", tmp_path / "cut.xtc", "--topology", pdb, *out)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("/proc/self/out", "Cannot write /proc/self/out"),
        ("file", "file is a file, not a folder"),
        ("file/out", "file is a file, not a folder"),
    ],
)
def test_unwritable_folders_are_refused(refused, recipe, data_dir, out, words, monkeypatch):
    from confdiff_widgets.training.trainer import Trainer

    Path("file").write_text("not a folder")
    monkeypatch.setattr(Trainer, "run", lambda *_: pytest.fail("trained without a folder"))
    assert words in refused("train", recipe, "--data", data_dir, "--out", out)


def test_missing_fabric_is_reported(refused, recipe, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    assert "pip install 'confdiff-widgets[train]'" in refused("train", recipe, "--out", "out")


def test_guidance_heads(confdiff, head_recipe, trained):
    start = trained / "network.safetensors"
    result = confdiff("train", head_recipe("force"), "--start", start, "--out", "out")
    assert result.exit_code == 0, result.stderr
    assert "22 conformers of YYDPETGTWY, λ" in result.stderr
    assert "effective sample size" in result.stderr
    network, representation = load_network("out/network.safetensors")
    assert (network.config.head, representation) == ("force", "one-hot")


def test_heads_with_another_trunk(confdiff, head_recipe):
    """Without --start the head guides the bundled network, which is larger."""
    result = confdiff("train", head_recipe("gradient"), "--out", "out")
    assert result.exit_code == 0, result.stderr
    network, _ = load_network("out/network.safetensors")
    assert (network.config.head, network.config.c_s) == ("gradient", 16)


def test_heads_learn_from_a_teacher(confdiff, refused, recipe, data_dir, head_recipe, trained):
    """A teacher replaces the energies."""
    text = recipe.read_text() + '\n[head]\nkind = "gradient"\n'
    Path("taught.toml").write_text(text)
    command = ("train", "taught.toml", "--data", data_dir, "--out", "out", "--start", trained)
    assert "learns from energies, and chignolin has none" in refused(*command)
    result = confdiff(*command, "--teacher", trained)
    assert result.exit_code == 0, result.stderr
    assert load_network("out/network.safetensors")[0].config.head == "gradient"
    assert "No such checkpoint" in refused(*command, "--teacher", "absent")
    assert "--teacher needs a guidance head" in refused(
        "train", recipe, "--data", data_dir, "--out", "other", "--teacher", trained
    )
