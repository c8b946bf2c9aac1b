"""Fixtures: an excerpt of chignolin MD, and random rigid motions."""

from pathlib import Path
from types import SimpleNamespace

import mdtraj
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

DATA = Path(__file__).parents[2] / "data" / "chignolin_md.npz"


@pytest.fixture(scope="session")
def chignolin():
    """Return backbone (200, 10, 4, 3), ca (200, 10, 3), folded (10, 4, 3), ... in Å.

    Eight replicas of 25 frames, 280 ps apart.
    """
    arrays = np.load(DATA, allow_pickle=False)
    found = {name: arrays[name] for name in arrays.files}
    backbone = found["backbone"].astype(np.float64)
    return SimpleNamespace(
        backbone=backbone,
        ca=backbone[:, :, 1],
        folded=found["folded"].astype(np.float64),
        folded_ca=found["folded"][:, 1].astype(np.float64),
        folded_cb=found["folded_cb"].astype(np.float64),
        replicas=list(backbone[:, :, 1].reshape(8, 25, 10, 3)),
        frame_ps=14 * float(found["frame_ps"]),
    )


@pytest.fixture(scope="session")
def to_mdtraj():
    """Return a function that converts CA (N, L, 3) or backbone (N, L, 4, 3) to a trajectory."""

    def convert(coordinates):
        names = ("CA",) if coordinates.ndim == 3 else ("N", "CA", "C", "O")
        topology = mdtraj.Topology()
        chain = topology.add_chain()
        for _ in range(coordinates.shape[1]):
            residue = topology.add_residue("ALA", chain)
            for name in names:
                topology.add_atom(name, mdtraj.element.Element.getBySymbol(name[0]), residue)
        return mdtraj.Trajectory(coordinates.reshape(len(coordinates), -1, 3) / 10, topology)

    return convert


@pytest.fixture
def moved():
    """Return a function that rotates and translates each frame (N, ..., 3) at random."""

    def move(x, seed=7):
        rng = np.random.default_rng(seed)
        flat = x.reshape(len(x), -1, 3)
        turned = np.einsum(
            "nij,nkj->nki", Rotation.random(len(x), random_state=seed).as_matrix(), flat
        )
        return (turned + 50 * rng.normal(size=(len(x), 1, 3))).reshape(x.shape)

    return move
