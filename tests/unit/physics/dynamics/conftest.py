"""Short simulations of small peptides."""

from __future__ import annotations

from pathlib import Path

import pytest

from confdiff_widgets.physics.chemistry import Chemistry
from confdiff_widgets.physics.dynamics.config import DynamicsConfig
from confdiff_widgets.physics.dynamics.simulation import SimulationInput, simulate

EXCHANGE = DynamicsConfig((300.0, 450.0), 0.006, 1, ("extended",), 2, seed=5)


@pytest.fixture(scope="session")
def glycines() -> SimulationInput:
    return SimulationInput(Chemistry.standard("GG"))


@pytest.fixture(scope="session")
def finished(glycines, tmp_path_factory) -> Path:
    """Folder of a finished replica exchange of two glycines."""
    folder = tmp_path_factory.mktemp("dynamics") / "run"
    simulate(glycines, folder, EXCHANGE, platform="CPU", cores=1)
    return folder
