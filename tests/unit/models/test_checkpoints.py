"""Network files: round trips, and errors for files of other kinds."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.errors import UserError
from confdiff_widgets.models.checkpoints import (
    CheckpointError,
    load,
    load_network,
    save_network,
)
from confdiff_widgets.models.network import ScoreNetwork


@pytest.fixture
def network(tiny_network) -> ScoreNetwork:
    return tiny_network(conditional=True, seed=3)


@pytest.fixture
def checkpoint(network, tmp_path) -> Path:
    path = tmp_path / "network.safetensors"
    save_network(path, network.config, network.state_dict(), representation="one-hot")
    return path


def rewrite(
    path: Path,
    *,
    weights: Callable[[dict], None] | None = None,
    header: Callable[[dict], None] | None = None,
) -> None:
    """Modify the contents of a checkpoint."""
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    for change, target in ((weights, tensors), (header, metadata)):
        if change is not None:
            change(target)
    save_file(tensors, path, metadata=metadata)


def test_round_trip(network, checkpoint):
    loaded, representation = load_network(checkpoint)
    assert representation == "one-hot"
    assert loaded.config == network.config
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    assert loaded.state_dict().keys() == network.state_dict().keys()
    noisy = SE3Process().prior(2, 10, generator=torch.Generator().manual_seed(0))
    t, node = torch.full((2,), 0.3), torch.eye(20)[:10]
    first, second = network(noisy, t, node_repr=node), loaded(noisy, t, node_repr=node)
    assert torch.equal(first.frames.trans, second.frames.trans)
    assert torch.equal(first.side_chains, second.side_chains)


def test_unconditional_network_has_no_representation(tiny_network, tmp_path):
    network = tiny_network(conditional=False, seed=0)
    path = tmp_path / "network.safetensors"
    save_network(path, network.config, network.state_dict(), representation=None)
    loaded, representation = load_network(str(path))
    assert representation is None
    assert loaded.config.node_repr == 0


def test_half_precision_is_converted_to_single(network, tmp_path):
    path = tmp_path / "half.safetensors"
    weights = {name: tensor.half() for name, tensor in network.state_dict().items()}
    save_network(path, network.config, weights, representation="one-hot")
    loaded, _ = load_network(path)
    assert {tensor.dtype for tensor in loaded.state_dict().values()} == {torch.float32}


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path / "no.safetensors", tmp_path):
        with pytest.raises(CheckpointError, match="No such checkpoint"):
            load_network(path)


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -1])
def test_truncated_files(checkpoint, keep):
    checkpoint.write_bytes(checkpoint.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="is damaged"):
        load_network(checkpoint)


def test_corrupt_header(checkpoint):
    content = bytearray(checkpoint.read_bytes())
    content[8:40] = b"\xff" * 32
    checkpoint.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        load_network(checkpoint)


@pytest.mark.parametrize("head", ["gradient", "force", "energy"])
@pytest.mark.parametrize("representation", ["one-hot", None])
def test_trained_head_is_not_a_score_network(tiny_network, tmp_path, head, representation):
    network = tiny_network(conditional=representation is not None, seed=1, head=head)
    path = tmp_path / "head.safetensors"
    save_network(path, network.config, network.state_dict(), representation=representation)
    found = load(path)
    assert found.conditional is None and found.unconditional is None
    assert found.head.config == found.config == network.config
    assert found.representation == representation
    assert f"head.safetensors: {head} head" in found.describe()


def test_trained_score_network(checkpoint, tiny_network, tmp_path):
    found = load(checkpoint)
    assert found.conditional is not None and found.unconditional is None and found.head is None
    network = tiny_network(conditional=False, seed=1)
    path = tmp_path / "free.safetensors"
    save_network(path, network.config, network.state_dict(), representation=None)
    found = load(path)
    assert found.conditional is None and found.unconditional is not None


def test_text(tmp_path):
    path = tmp_path / "network.safetensors"
    path.write_text("these are no weights, but they are long enough to hold a header\n" * 10)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load_network(path)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_files_of_other_programs_are_refused(tmp_path, metadata):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata=metadata)
    with pytest.raises(CheckpointError, match="of another program"):
        load_network(path)


def test_missing_unexpected_and_misshapen_tensors_are_named(checkpoint):
    def spoil(tensors: dict) -> None:
        del tensors["embedder.node_mlp.0.weight"]
        tensors["surprise"] = torch.zeros(1)
        tensors["embedder.node_mlp.0.bias"] = torch.zeros(5)

    rewrite(checkpoint, weights=spoil)
    with pytest.raises(CheckpointError) as caught:
        load_network(checkpoint)
    message = str(caught.value)
    assert "missing embedder.node_mlp.0.weight" in message
    assert "unexpected surprise" in message
    assert "embedder.node_mlp.0.bias is (5,), expected (16,)" in message


def test_long_lists_of_differences_are_shortened(checkpoint):
    rewrite(checkpoint, weights=lambda tensors: [tensors.pop(n) for n in list(tensors)[:20]])
    with pytest.raises(CheckpointError, match=r"and 15 more\."):
        load_network(checkpoint)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_must_be_finite(checkpoint, value):
    rewrite(checkpoint, weights=lambda tensors: tensors["embedder.edge_mlp.0.bias"].fill_(value))
    with pytest.raises(CheckpointError, match=r"NaN or infinite .* embedder\.edge_mlp\.0\.bias"):
        load_network(checkpoint)


def change_size(**changes: object) -> Callable[[dict], None]:
    def change(metadata: dict) -> None:
        metadata["network"] = json.dumps(json.loads(metadata["network"]) | changes)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_size(c_s=24), "does not fit its own sizes"),
        (change_size(of_a_later_version=1), "of_a_later_version"),
        (change_size(c_s="wide"), "sizes"),
        (change_size(tfmr_heads=3), "sizes"),
        (lambda header: header.pop("network"), "sizes"),
        (lambda header: header.update(network="{"), "sizes"),
        (lambda header: header.update(network="[1]"), "sizes"),
    ],
)
def test_impossible_sizes_are_refused(checkpoint, change, message):
    rewrite(checkpoint, header=change)
    with pytest.raises(CheckpointError, match=message):
        load_network(checkpoint)


class Bomb:
    """Object that creates a folder when it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def as_pickle(path: Path, bomb: Bomb) -> None:
    path.write_bytes(pickle.dumps({"state_dict": bomb}))


def as_torch(path: Path, bomb: Bomb) -> None:
    torch.save({"state_dict": bomb}, path)


def as_old_torch(path: Path, bomb: Bomb) -> None:
    torch.save({"state_dict": bomb}, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("write", [as_pickle, as_torch, as_old_torch])
@pytest.mark.parametrize("name", ["model.pt", "last.ckpt", "network.safetensors"])
def test_code_in_a_checkpoint_is_never_executed(tmp_path, write, name):
    path, mark = tmp_path / name, tmp_path / "mark"
    write(path, Bomb(mark))
    with pytest.raises(UserError, match="not a safetensors file"):
        load_network(path)
    assert not mark.exists()
    # the object does execute code
    if write is as_pickle:
        pickle.loads(path.read_bytes())
    else:
        torch.load(io.BytesIO(path.read_bytes()), weights_only=False)
    assert mark.is_dir()


def test_saving_replaces_an_existing_file(network, checkpoint, tiny_network):
    other = tiny_network(conditional=True, seed=8)
    save_network(checkpoint, other.config, other.state_dict(), representation="one-hot")
    loaded, _ = load_network(checkpoint)
    name = "embedder.node_mlp.0.weight"
    assert torch.equal(loaded.state_dict()[name], other.state_dict()[name])
    assert not torch.equal(loaded.state_dict()[name], network.state_dict()[name])


def test_zip_file_with_another_suffix(tmp_path, checkpoint):
    path = tmp_path / "wrapped.safetensors"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(checkpoint)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load_network(path)
    shutil.copy(checkpoint, path)
    load_network(path)
