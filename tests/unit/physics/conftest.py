"""Shared molecules and evaluators, because building a molecule takes a second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

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
