"""Shared training data."""

import pytest
import torch

from confdiff_widgets.geometry.atom14 import BACKBONE, build_atom14
from confdiff_widgets.geometry.residues import encode_sequence
from confdiff_widgets.training.conformers import Conformers


@pytest.fixture(scope="session")
def chignolin_conformers(chignolin_heavy) -> Conformers:
    """Return 22 conformers of chignolin."""
    found = chignolin_heavy.atom14
    return Conformers.from_atom14(
        "chignolin", found.sequence, found.positions, found.mask, torch.arange(22) // 2
    )


@pytest.fixture(scope="session")
def trpcage_conformers(trpcage) -> Conformers:
    """Return 8 conformers of Trp-cage."""
    found = trpcage.atom14
    return Conformers.from_atom14(
        "trpcage", found.sequence, found.positions, found.mask, torch.arange(8)
    )


@pytest.fixture(scope="session")
def ideal(chignolin_conformers) -> Conformers:
    """Return chignolin with the ideal bond lengths and angles of a network's output."""
    c = chignolin_conformers
    atoms = build_atom14(c.rigid, c.torsions, encode_sequence(c.sequence))
    return Conformers(
        c.name, c.sequence, c.rigid, c.torsions, c.torsion_mask, atoms[..., BACKBONE, :], c.replica
    )
