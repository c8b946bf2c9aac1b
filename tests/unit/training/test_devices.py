"""Each objective on each available device: steps, an evaluation, a checkpoint that resumes."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from confdiff_widgets.models.checkpoints import load_network
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.config import TrainingConfig
from confdiff_widgets.training.distillation import Distillation
from confdiff_widgets.training.objectives import EnergyMatching, ForceMatching
from confdiff_widgets.training.trainer import Trainer
from confdiff_widgets.training.validation import Validation

BASE, TEACHER = 1, 9  # seeds


def objective_of(name: str, tiny_network):
    base = tiny_network(conditional=True, seed=BASE)
    return {
        "score matching": lambda: None,
        "force matching": lambda: ForceMatching(base),
        "force matching, batch": lambda: ForceMatching(base, "batch"),
        "energy matching": EnergyMatching,
        "scores": lambda: Distillation(base, tiny_network(conditional=True, seed=TEACHER)),
        "energy head": lambda: Distillation(
            base, tiny_network(conditional=True, seed=TEACHER, head="energy")
        ),
    }[name]()


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("score matching", None),
        ("force matching", "gradient"),
        ("force matching, batch", "force"),
        ("energy matching", "energy"),
        ("scores", "gradient"),
        ("scores", "energy"),
        ("energy head", "gradient"),
    ],
)
def test_training(tiny_network, chignolin_conformers, tmp_path, device, name, head):
    energy = torch.linspace(-1, 1, len(chignolin_conformers))
    data = dataclasses.replace(chignolin_conformers, energy=energy)
    network: NetworkConfig = tiny_network(conditional=True, seed=0, head=head).config
    objective = objective_of(name, tiny_network)

    def make() -> Trainer:
        return Trainer(
            network,
            TrainingConfig(steps=4, residues=160, warmup=0, checkpoint_every=2),
            [data],
            [1.0],
            OneHot(),
            tmp_path / "run",
            objective=objective,
            accelerator=device,
            validation=Validation([data], [1.0], 40, OneHot()),
        )

    losses: list[dict[str, float]] = []
    make().run(lambda _, found: losses.append(found), until=3)
    trainer = make()
    assert trainer.step == 3
    trainer.run(lambda _, found: losses.append(found))
    assert next(trainer.model.parameters()).device.type == device
    assert len(losses) == 4
    assert all(math.isfinite(value) for found in losses for value in found.values())
    saved, _ = load_network(tmp_path / "run" / "network.safetensors", device=device)
    assert next(saved.parameters()).device.type == device
