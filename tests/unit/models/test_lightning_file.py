"""Published Lightning checkpoints: networks that they contain, and refused files."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import sys
import types

import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.models.checkpoints import CheckpointError, load
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.models.sizes import sizes_of

TOLERANCE = 2e-4


@pytest.fixture
def guidance(tiny_network) -> tuple[ScoreNetwork, ScoreNetwork]:
    return (
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )


def predict(golden, network):
    with torch.no_grad():
        return network(
            Rigid.from_tensor7(golden.input("rigids")),
            golden.input("t"),
            node_repr=golden.input("node_repr"),
            pair_repr=golden.input("edge_repr"),
            mask=golden["in_mask"],
        )


def worst(golden, found, name):
    return (found - golden[f"out_{name}"])[golden["in_mask"]].abs().max()


def test_golden_outputs_of_a_loaded_checkpoint(golden, write_lightning, tmp_path):
    """A file as published, loaded by the public function, reproduces the authors' outputs."""
    found = load(write_lightning(tmp_path / "golden.ckpt", golden.network))
    conditional = found.conditional or found.unconditional
    assert found.config == golden.config
    predicted = predict(golden, conditional)
    assert worst(golden, predicted.frames.to_tensor7(), "rigids_0") < TOLERANCE
    assert worst(golden, predicted.side_chains, "torsions") < TOLERANCE
    assert predicted.force is None and predicted.energy is None
    assert (found.head is None) == (golden.config.head is None)
    if golden.config.head == "force":
        force_t, force_0 = predict(golden, found.head).force
        assert worst(golden, force_t, "pred_force_t") < TOLERANCE
        assert worst(golden, force_0, "pred_force_0") < TOLERANCE
    if golden.config.head == "energy":
        error = predict(golden, found.head).energy - golden["out_pred_energy_t"][:, 0]
        assert error.abs().max() < TOLERANCE


def test_sizes_are_inferred_from_the_tensors(golden):
    assert sizes_of(golden.network.state_dict(), "here") == golden.config


@pytest.mark.parametrize("head", [None, "force", "energy"])
@pytest.mark.parametrize(("node", "pair"), [(0, 0), (1024, 128), (384, 128), (1024, 0)])
def test_published_sizes(node, pair, head):
    config = NetworkConfig(node_repr=node, pair_repr=pair, head=head)
    with torch.device("meta"):
        assert sizes_of(ScoreNetwork(config).state_dict(), "here") == config


def test_guidance_checkpoint_contains_three_networks(guidance, write_lightning, tmp_path):
    found = load(write_lightning(tmp_path / "guide.ckpt", *guidance))
    network, unconditional = guidance
    assert found.released
    assert found.head.config == network.config
    assert found.conditional.config.head is None
    assert found.unconditional.config == unconditional.config
    name = "structure_module.trunk.ipa_1.linear_q.weight"
    conditional, head = found.conditional.state_dict()[name], found.head.state_dict()[name]
    assert conditional.data_ptr() == head.data_ptr()  # one copy in memory
    assert torch.equal(head, network.state_dict()[name])
    assert torch.equal(found.unconditional.state_dict()[name], unconditional.state_dict()[name])
    assert "conditional + unconditional + force head" in found.describe()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"prefix": "_forward_module."},
        {"prefix": "module."},
        {"wrapped": False},
        {"wrapped": False, "prefix": "_forward_module.module."},
        {"settings": {"noise": np.linspace(0, 1, 7), "root": pathlib.PurePosixPath("/data")}},
    ],
)
def test_plain_and_consolidated_files(guidance, write_lightning, tmp_path, form):
    found = load(write_lightning(tmp_path / "any.ckpt", *guidance, **form))
    weights = found.head.state_dict()
    assert all(torch.equal(weights[k], v) for k, v in guidance[0].state_dict().items())


def test_files_are_converted_once(guidance, write_lightning, tmp_path, monkeypatch):
    from confdiff_widgets.models import checkpoints

    first = load(write_lightning(tmp_path / "first.ckpt", *guidance))
    copy = shutil.copy(tmp_path / "first.ckpt", tmp_path / "other_name.ckpt")
    monkeypatch.setattr(checkpoints, "read_lightning", None)
    again = load(copy)
    assert again.name == "other_name.ckpt" and again.sha256 == first.sha256
    assert again.config == first.config


def test_damaged_cache_is_rebuilt(guidance, write_lightning, tmp_path, monkeypatch):
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    path = write_lightning(tmp_path / "any.ckpt", *guidance)
    load(path)
    (converted,) = (tmp_path / "cache").rglob("model.safetensors")
    converted.write_bytes(converted.read_bytes()[:500])
    assert load(path).head is not None
    about = converted.with_name("about.json")
    about.write_text("{", encoding="utf-8")
    assert load(path).head is not None


def test_representation_from_the_name_or_the_argument(guidance, write_lightning, tmp_path):
    known = write_lightning(tmp_path / "ConfDiff-ESM-r3-FORCE.ckpt", *guidance)
    assert load(known).representation == "esmfold-r3"
    unknown = write_lightning(tmp_path / "mine.ckpt", *guidance)
    assert load(unknown).representation is None
    assert load(unknown, representation="esmfold-r0").representation == "esmfold-r0"


# --- refusals ---------------------------------------------------------------------------------


class Bomb:
    """Object that creates a folder when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("place", ["settings", "weights", "everything"])
@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_never_executed(guidance, write_lightning, tmp_path, place, zipped):
    mark, path = tmp_path / "mark", tmp_path / "evil.ckpt"
    bomb = Bomb(mark)
    if place == "settings":
        content = torch.load(write_lightning(path, *guidance), weights_only=False)
        content["hyper_parameters"]["harmless"] = bomb
    else:
        content = {"state_dict": {"score_network.model_nn.a": bomb}} if place == "weights" else bomb
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"[Nn]othing of it was run") as caught:
        load(path)
    assert "damaged" not in str(caught.value)
    assert not mark.exists()
    torch.load(path, weights_only=False)  # the object does execute code
    assert mark.is_dir()


def test_settings_are_not_executed(guidance, write_lightning, tmp_path, monkeypatch):
    """Object of the authors' code: its name is known, its class absent and never created."""
    mark = tmp_path / "mark"

    class SE3Diffuser:
        def __init__(self):
            self.steps = 1000

        def __setstate__(self, state):
            mark.mkdir()

    SE3Diffuser.__module__, SE3Diffuser.__qualname__ = "src.models.diffuser", "SE3Diffuser"
    module = types.ModuleType("src.models.diffuser")
    module.SE3Diffuser = SE3Diffuser
    for name in ("src", "src.models"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "src.models.diffuser", module)
    settings = {"diffuser": SE3Diffuser(), "optimizer": functools.partial(torch.optim.AdamW)}
    path = write_lightning(tmp_path / "any.ckpt", *guidance, settings=settings)
    before = set(torch.serialization.get_safe_globals())
    assert load(path).head is not None
    assert not mark.exists()
    assert set(torch.serialization.get_safe_globals()) == before
    torch.load(path, weights_only=False)
    assert mark.is_dir()  # it would have been executed


@pytest.mark.parametrize("keep", [0, 3, 1000, 0.5, 0.98])
def test_truncated_files(guidance, write_lightning, tmp_path, keep):
    path = write_lightning(tmp_path / "cut.ckpt", *guidance)
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep > 1 or keep == 0 else int(keep * len(content))])
    with pytest.raises(CheckpointError, match=r"cut\.ckpt"):
        load(path)


def test_other_files_are_refused(tmp_path):
    for name, content in (("a.ckpt", b"hello\n" * 50), ("b.pt", bytes(range(256)))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            load(tmp_path / name)
        with pytest.raises(CheckpointError) as caught:  # torch's message explains how to run code
            load(tmp_path / name)
        assert "weights_only" not in str(caught.value)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match="holds no weights"):
        load(tmp_path / "list.pt")
    torch.save({"state_dict": {"encoder.weight": torch.zeros(3)}}, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match=r"not a CONFDIFF checkpoint.*encoder\.weight"):
        load(tmp_path / "other.pt")


def test_training_state_is_refused(tmp_path):
    torch.save({"network": {}, "ema": {}, "model": {}}, tmp_path / "last.ckpt")
    with pytest.raises(CheckpointError, match="Give its folder"):
        load(tmp_path / "last.ckpt")


def test_sharded_checkpoints(tmp_path):
    (tmp_path / "epoch=3.ckpt" / "checkpoint").mkdir(parents=True)
    with pytest.raises(CheckpointError, match="zero_to_fp32"):
        load(tmp_path / "epoch=3.ckpt")


def edited(path, change):
    content = torch.load(path, weights_only=False)
    change(content["state_dict"])
    torch.save(content, path)
    return path


def test_error_of_another_architecture_names_the_tensors(guidance, write_lightning, tmp_path):
    start = "score_network.model_nn.structure_module."

    def widen(state):
        state[f"{start}trunk.post_tfmr_1.weight"] = torch.zeros(3, 4)
        state[f"{start}trunk.ipa_0.linear_extra.weight"] = torch.zeros(2)
        del state[f"{start}torsion_pred.linear_out.bias"]

    path = edited(write_lightning(tmp_path / "other.ckpt", *guidance), widen)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert caught.value.problems == (
        "missing structure_module.torsion_pred.linear_out.bias",
        "structure_module.trunk.post_tfmr_1.weight is (3, 4), expected (16, 20)",
        "unexpected structure_module.trunk.ipa_0.linear_extra.weight",
    )
    assert all(problem in str(caught.value) for problem in caught.value.problems)


def test_missing_tensors_that_determine_the_sizes(guidance, write_lightning, tmp_path):
    def empty(state):
        for name in [n for n in state if "embedder" in n]:
            del state[name]

    path = edited(write_lightning(tmp_path / "other.ckpt", *guidance), empty)
    with pytest.raises(CheckpointError, match=r"lacks embedder\.node_mlp\.0\.weight"):
        load(path)


def test_weights_that_are_not_finite_are_refused(guidance, write_lightning, tmp_path):
    name = "score_network.uncond_model_nn.embedder.node_mlp.0.bias"
    path = edited(
        write_lightning(tmp_path / "nan.ckpt", *guidance), lambda s: s[name].fill_(torch.nan)
    )
    with pytest.raises(CheckpointError, match=r"unconditional\) contains NaN"):
        load(path)


def test_unknown_names(tmp_path):
    with pytest.raises(CheckpointError, match=r"Did you mean ConfDiff-ESM-r3-COND\?"):
        load("confdiff-esm-r3-cond2")
    with pytest.raises(CheckpointError, match=r"one of ConfDiff-ESM-r0-COND, "):
        load("nothing-like-it")
