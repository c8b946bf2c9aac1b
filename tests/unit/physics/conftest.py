"""Shared molecules and evaluators, because building a molecule takes a second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.atom14 import build_atom14
from confdiff_widgets.geometry.residues import encode_sequence
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.physics import EnergyConfig, EnergyEvaluator, make_molecule
from confdiff_widgets.physics.molecule import Molecule

FORCE_FIELD = EnergyConfig().force_field


@pytest.fixture(scope="session")
def chignolin() -> Molecule:
    return make_molecule("YYDPETGTWY", FORCE_FIELD)


@pytest.fixture(scope="session")
def conformers(chignolin_heavy) -> np.ndarray:
    """Heavy atoms (22, 10, 14, 3) of chignolin, Å."""
    return chignolin_heavy.atom14.positions.double().numpy()


@pytest.fixture(scope="session")
def evaluator(chignolin) -> Callable[..., EnergyEvaluator]:
    """Factory of evaluators of chignolin; the default platform computes in double precision."""

    def make(*, minimise: bool, platform: str = "Reference", **settings: float) -> EnergyEvaluator:
        config = EnergyConfig(platform=platform, minimise=minimise, **settings)
        return EnergyEvaluator(chignolin, config)

    return make


@pytest.fixture(scope="session")
def raw(evaluator) -> EnergyEvaluator:
    return evaluator(minimise=False)


def extended_chain(sequence: str) -> np.ndarray:
    """Build a fully extended chain (L, 14, 3) with trans side chains, Å."""
    length = len(sequence)
    slopes = np.radians(32) * (-1) ** np.arange(3 * length)
    bonds = np.tile([1.46, 1.52, 1.33], length)
    steps = bonds[:, None] * np.stack([np.cos(slopes), np.sin(slopes), 0 * slopes], -1)
    backbone = torch.from_numpy(np.cumsum(steps, axis=0) - steps).unflatten(0, (length, 3))
    torsions = torch.tensor([0.0, -1.0], dtype=torch.float64).repeat(length, 7, 1)
    ring = torch.tensor([[0.45, 0.89], [-0.6, 0.8]], dtype=torch.float64)
    torsions[[letter == "P" for letter in sequence], 3:5] = ring
    frames = Rigid.from_backbone(*backbone.unbind(1))
    return build_atom14(frames, torsions, encode_sequence(sequence)).numpy()
