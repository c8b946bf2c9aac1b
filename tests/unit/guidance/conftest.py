from __future__ import annotations

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.rigid import Rigid


@pytest.fixture
def noisy() -> Rigid:
    """Three conformers of ten residues at t = 1."""
    return SE3Process().prior(3, 10, generator=torch.Generator().manual_seed(0))
