"""Held-out conformers: selection, evaluation and early stopping."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.models.checkpoints import load_network
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.config import TrainingConfig
from confdiff_widgets.training.conformers import Conformers
from confdiff_widgets.training.trainer import Trainer
from confdiff_widgets.training.validation import Validation, split_conformers

TINY = NetworkConfig(
    node_repr=20, time=8, index=8, rbf=8, c_s=16, c_z=8, c_skip=4, blocks=1, heads=2, c_hidden=4,
    qk_points=2, v_points=2, tfmr_heads=2, tfmr_layers=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def data(chignolin_heavy) -> Conformers:
    found = chignolin_heavy.atom14
    replica = torch.arange(len(found.positions)) // 6  # 4 trajectories
    return Conformers.from_atom14("chignolin", found.sequence, found.positions, found.mask, replica)


@pytest.mark.parametrize(("fraction", "held"), [(0.25, {3}), (0.5, {2, 3}), (0.75, {1, 2, 3})])
def test_whole_trajectories_are_held_out(data, fraction, held):
    training, held_out = split_conformers(data, fraction)
    assert set(held_out.replica.tolist()) == held
    assert not held & set(training.replica.tolist())
    assert len(training) + len(held_out) == len(data)


def test_the_end_of_a_single_trajectory_is_held_out(data):
    alone = dataclasses.replace(data, replica=torch.zeros(len(data), dtype=torch.long))
    training, held_out = split_conformers(alone, 0.25)
    assert torch.equal(held_out.backbone, data.backbone[-len(held_out) :])
    assert torch.equal(training.backbone, data.backbone[: len(training)])
    assert len(held_out) == round(0.25 * len(data))


def test_too_few_conformers_are_rejected(data):
    with pytest.raises(SettingsError, match=r"of 1 conformers, a fraction of 0\.1 cannot"):
        split_conformers(data.select(torch.tensor([0])), 0.1)


def trainer_of(data, folder, *, validation, steps=12) -> Trainer:
    settings = TrainingConfig(steps=steps, residues=20, checkpoint_every=2, warmup=0)
    return Trainer(
        TINY, settings, [data], [1.0], OneHot(), folder, accelerator="cpu", validation=validation
    )


def validation_of(data, **settings) -> Validation:
    return Validation([data], [1.0], 40, OneHot(), **settings)


def test_the_best_network_is_kept(data, tmp_path):
    training, held_out = split_conformers(data, 0.25)
    validation = validation_of(held_out)
    trainer = trainer_of(training, tmp_path, validation=validation)
    trainer.run()
    assert [step for step, _ in validation.history] == [2, 4, 6, 8, 10, 12]
    best_step, best = min(validation.history, key=lambda entry: entry[1])
    assert validation.best == best
    again = validation_of(held_out)
    network, _ = load_network(tmp_path / "network.safetensors")
    device = torch.device("cpu")
    assert again.evaluate(0, TINY, network.state_dict(), trainer.objective, device)
    assert again.best == pytest.approx(best, rel=1e-5)  # the noise is the same
    assert best_step in (2, 4, 6, 8, 10, 12)


def test_evaluations_do_not_change_the_training(data, tmp_path):
    training, held_out = split_conformers(data, 0.25)
    trainer_of(training, tmp_path / "with", validation=validation_of(held_out)).run()
    trainer_of(training, tmp_path / "without", validation=None).run()
    weights = [
        torch.load(tmp_path / kind / "last.ckpt", weights_only=True)["model"]
        for kind in ("with", "without")
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_training_stops_without_improvement(data, tmp_path, monkeypatch):
    validation = validation_of(data, patience=2)

    def rising(objective_network, batch, generator, device):
        rising.calls += 1
        return torch.tensor(float(rising.calls)), {}

    rising.calls = 0
    trainer = trainer_of(data, tmp_path, validation=validation)
    first = load_after(trainer, rising, until=2)
    trainer.run()
    assert trainer.step == 6 and validation.exhausted  # evaluated at 2, 4 and 6
    network, _ = load_network(tmp_path / "network.safetensors")
    assert all(torch.equal(first[name], value) for name, value in network.state_dict().items())


def load_after(trainer, objective, *, until):
    """Train with the real loss, evaluate with another, and return the network after ``until``."""
    real = trainer.validation.evaluate
    trainer.validation.evaluate = lambda step, config, weights, _, device: real(
        step, config, weights, objective, device
    )
    trainer.run(until=until)
    return load_network(trainer.folder / "network.safetensors")[0].state_dict()


def test_resuming_restores_the_best_loss(data, tmp_path):
    trainer_of(data, tmp_path, validation=validation_of(data)).run(until=6)
    again = validation_of(data)
    trainer = trainer_of(data, tmp_path, validation=again)
    assert trainer.step == 6 and [step for step, _ in again.history] == [2, 4, 6]
    with pytest.raises(SettingsError, match="patience is -1"):
        validation_of(data, patience=-1)
