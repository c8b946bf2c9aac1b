"""``confdiff train`` with folders, other representations and initial checkpoints."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from confdiff_widgets.models.checkpoints import load_network
from confdiff_widgets.representations import Features
from confdiff_widgets.representations.npz import write_npz

CHIGNOLIN = "YYDPETGTWY"


@pytest.fixture
def folder(data_dir, tmp_path) -> Path:
    made = tmp_path / "md"
    made.mkdir()
    for k in range(2):
        shutil.copy(data_dir / "chignolin_heavy.xtc", made / f"md_{k}.xtc")
    shutil.copy(data_dir / "chignolin_heavy.pdb", made / "topology.pdb")
    return made


def test_fine_tuning_a_published_checkpoint(
    confdiff, folder, write_lightning, tiny_network, tmp_path
):
    """A folder, features from a file, a Lightning checkpoint and held-out conformers."""
    start = tiny_network(conditional=True, seed=1)
    path = write_lightning(tmp_path / "authors.ckpt", start)
    features = tmp_path / "features.npz"
    write_npz(features, "one-hot", CHIGNOLIN, Features(torch.eye(20)[:10]))
    out = tmp_path / "out"
    result = confdiff(
        "train", folder, "--name", "mine", "--start", path, "--representation", "one-hot",
        "--features", features, "--validate", 0.5, "--patience", 3, "--steps", 1, "--out", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "mine: 22 held out, 22 for training" in result.stderr
    assert "Best on held-out conformers at step 1" in result.stderr
    network, representation = load_network(out / "network.safetensors")
    assert representation == "one-hot" and network.config == start.config
    converted, _ = load_network(out / "start.safetensors")
    name = "embedder.node_mlp.0.weight"
    assert torch.equal(converted.state_dict()[name], start.state_dict()[name])
    moved = (network.state_dict()[name] - start.state_dict()[name]).abs().max()
    assert 0 < moved < 0.01  # the training started there


def test_invalid_input_is_refused(
    refused, folder, write_lightning, tiny_network, trained_head, tmp_path
):
    out = ("--out", tmp_path / "out")
    path = write_lightning(tmp_path / "authors.ckpt", tiny_network(conditional=True, seed=1))
    assert "does not state its representation" in refused("train", folder, "--start", path, *out)
    assert "is a guidance head only" in refused("train", folder, "--start", trained_head, *out)
    assert "--validate is 1.5" in refused("train", folder, "--validate", 1.5, *out)
    assert "--patience needs" in refused("train", folder, "--patience", 2, *out)
    assert "Unknown representation 'esm9'" in refused(
        "train", folder, "--representation", "esm9", *out
    )
    (folder / "topology.pdb").unlink()
    assert "holds 0 structures" in refused("train", folder, *out)
