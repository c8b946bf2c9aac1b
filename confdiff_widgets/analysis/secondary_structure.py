"""Helix, strand or coil for each residue, from backbone atoms alone."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ..geometry.structure import to_trajectory


def secondary_structure(backbone: NDArray[np.floating], sequence: str) -> NDArray[np.str_]:
    """DSSP's three classes (Kabsch and Sander, Biopolymers 22, 2577, 1983).

    Parameters
    ----------
    backbone : ndarray, shape (N, L, 4, 3)
        N, CA, C, O positions in Å.
    sequence : str
        One letter a residue.

    Returns
    -------
    ndarray of str, shape (N, L)
        "H" helix, "E" strand, "C" anything else.
    """
    import mdtraj

    positions = torch.from_numpy(np.ascontiguousarray(backbone, dtype=np.float32))
    return mdtraj.compute_dssp(to_trajectory(positions, sequence), simplified=True)
