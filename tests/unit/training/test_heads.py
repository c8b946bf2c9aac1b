"""Guidance heads: data, settings and training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.guidance import EnergyGuidance, ForceGuidance
from confdiff_widgets.models.checkpoints import load_network, save_network
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.physics.config import EnergyConfig
from confdiff_widgets.physics.labels import Labels
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.config import TrainingConfig
from confdiff_widgets.training.heads import HeadConfig, LabelledProtein
from confdiff_widgets.training.recipe import load_recipe
from confdiff_widgets.training.trainer import Trainer

SEQUENCE = "YYDPETGTWY"
TINY = NetworkConfig(
    node_repr=20, time=8, index=8, rbf=8, c_s=16, c_z=8, c_skip=8, blocks=1, heads=2, c_hidden=8,
    qk_points=2, v_points=3, tfmr_heads=2, tfmr_layers=1,
)  # fmt: skip


@pytest.fixture
def labels(chignolin_heavy) -> Labels:
    """Return labels of 22 conformers with a range of 30 kcal/mol; number 3 has no energy."""
    found = chignolin_heavy.atom14
    energy = np.random.default_rng(0).uniform(-200, -170, 22)
    energy[3] = np.nan
    return Labels(
        Ensemble(found.positions.float(), found.sequence),
        energy,
        components=np.zeros((22, 5)),
        ca_forces=np.zeros((22, 10, 3), dtype=np.float32),
        reason=np.array(["" if np.isfinite(u) else "it failed" for u in energy]),
        config=EnergyConfig(),
    )


@pytest.fixture
def folder(tmp_path, labels):
    labels.save(tmp_path / "labels.npz")
    return tmp_path


@pytest.fixture
def base(tmp_path):
    """Save a base network and return its path."""
    torch.manual_seed(1)
    path = tmp_path / "base.safetensors"
    save_network(path, TINY, ScoreNetwork(TINY).state_dict(), representation="one-hot")
    return path


@pytest.fixture
def trainer(folder, base):
    """Return a factory of trainers of a head."""

    def make(kind: str, name: str = "head", **settings) -> Trainer:
        settings = {"steps": 6, "residues": 160, "warmup": 2, "checkpoint_every": 100} | settings
        config = TrainingConfig(**settings)
        return Trainer(
            dataclasses.replace(TINY, head=kind),
            config,
            [LabelledProtein("chignolin", "labels.npz").read(folder)],
            [1.0],
            OneHot(),
            folder / name,
            objective=HeadConfig(kind).objective(load_network(base)[0], config.t_min),
            start=base,
            accelerator="cpu",
        )

    return make


# --- data -------------------------------------------------------------------------------------


def test_included_conformers_have_their_energies(folder, labels):
    found = LabelledProtein("chignolin", "labels.npz").read(folder)
    assert len(found) == labels.included.sum() == 21
    assert torch.exp(-found.energy).mean().item() == pytest.approx(1, rel=1e-5)
    assert found.ess == pytest.approx(labels.ess, rel=1e-4)
    spread = (found.energy.max() - found.energy.min()).item()
    assert spread == pytest.approx(labels.energy_scale, rel=1e-4)
    order = np.argsort(labels.energy[labels.included])
    assert found.energy.argsort().tolist() == order.tolist()
    ca = labels.ensemble.atom14[torch.from_numpy(labels.included)][:, :, 1]
    torch.testing.assert_close(found.rigid.trans, ca - ca.mean(1, keepdim=True))


def test_a_given_energy_scale_is_used(folder):
    found = LabelledProtein("chignolin", "labels.npz", strength=2.5).read(folder)
    assert (found.energy.max() - found.energy.min()).item() == pytest.approx(2.5, rel=1e-5)


def test_labels_that_determine_no_energy_scale_are_rejected(tmp_path, labels):
    few = dataclasses.replace(
        labels,
        ensemble=Ensemble(labels.ensemble.atom14[:3], SEQUENCE),
        energy=labels.energy[:3],
        components=labels.components[:3],
        ca_forces=labels.ca_forces[:3],
        reason=labels.reason[:3],
    )
    few.save(tmp_path / "few.npz")
    with pytest.raises(SettingsError, match=r"the 3 energies of few\.npz.*set strength"):
        LabelledProtein("chignolin", "few.npz").read(tmp_path)
    assert len(LabelledProtein("chignolin", "few.npz", strength=2.0).read(tmp_path)) == 3


def test_a_selection_keeps_its_energies(folder):
    found = LabelledProtein("chignolin", "labels.npz").read(folder)
    index = torch.tensor([4, 1])
    assert torch.equal(found.select(index).energy, found.energy[index])


def test_a_file_without_energies_is_rejected(folder, labels):
    labels.ensemble.save(folder / "plain.npz")
    with pytest.raises(StructureError, match=r"holds no energies.*confdiff label"):
        LabelledProtein("chignolin", "plain.npz").read(folder)


# --- settings ---------------------------------------------------------------------------------

RECIPE = "[head]\nkind = 'force'\n[[protein]]\nname = 'chignolin'\nlabels = 'labels.npz'\n"


def test_a_recipe(folder):
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    recipe = load_recipe(folder / "recipe.toml")
    assert recipe.head == HeadConfig("force")
    assert recipe.network.head == "force"
    assert recipe.network.node_repr == 20
    assert recipe.read()[0].energy is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RECIPE.replace("'force'", "'mass'"), "kind is 'mass'; use .*force, energy"),
        (RECIPE.replace("kind = 'force'", "estimator = 'exact'"), "head settings: .*kind"),
        (RECIPE.replace("kind", "estimator = 'best'\nkind"), "use exact, batch, released"),
        (
            RECIPE.replace("'force'", "'energy'\nestimator = 'batch'"),
            "'batch' requires a force head",
        ),
        ("conditional = false\n" + RECIPE, "Set conditional = true"),
        (RECIPE + "trajectories = 'a.xtc'", "unknown setting trajectories; .*labels"),
        (RECIPE + "strength = 0.0", r"strength \(λ\) is 0.0"),
        (RECIPE + "probability = 0", "probability is 0"),
        (RECIPE.replace("[head]\nkind = 'force'", "head = 3"), r"head as a table, \[head\]"),
    ],
)
def test_mistakes_are_reported(tmp_path, text, message):
    (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        load_recipe(tmp_path / "recipe.toml")


# --- training ---------------------------------------------------------------------------------


def test_a_head_starts_from_the_weights_of_its_base(trainer, base):
    made = trainer("force")
    given, _ = load_network(base)
    found = made.model.module.state_dict()
    assert all(torch.equal(found[name], value) for name, value in given.state_dict().items())
    assert any("pred_force_t_net" in name for name in found)


@pytest.mark.parametrize(
    ("kind", "guidance"), [("force", ForceGuidance), ("energy", EnergyGuidance)]
)
def test_guidance_accepts_the_trained_network(trainer, kind, guidance):
    made = trainer(kind, learning_rate=1e-2)
    history = []
    made.run(lambda step, losses: history.append(losses))
    error = {"trans error"} if kind == "force" else {kind}
    assert set(history[0]) == {"total", *error, "size", "gradient"}
    assert history[0]["size"] < 1e-4  # a new head predicts 0
    network, _ = load_network(made.folder / "network.safetensors")
    assert network.config.head == kind
    rigid = made.sampler.data[0].rigid[:4]
    gradient = guidance(ConfDiffModel(network, OneHot()(SEQUENCE)))(rigid, 0.1)
    assert gradient.trans.abs().max() > 1e-4


def test_resuming_changes_nothing(trainer):
    straight = trainer("force", "straight")
    straight.run()
    trainer("force", "parted").run(until=3)
    second = trainer("force", "parted")
    assert second.step == 3
    second.run()
    for name, value in straight.model.module.state_dict().items():
        assert torch.equal(second.model.module.state_dict()[name], value)


def test_the_base_network_is_not_trained(trainer, base):
    made = trainer("force", learning_rate=1e-1)
    before = {k: v.clone() for k, v in made.objective.base.state_dict().items()}
    made.run()
    for name, value in made.objective.base.state_dict().items():
        assert torch.equal(value, before[name])
