"""Checks of the end structures of a path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...analysis.superposition import paired_rmsd
from ...errors import SettingsError
from ...geometry.rigid import Rigid
from .density import NoisedDensity

EQUAL = 0.1
"""CA-RMSD (Å) below which two structures are the same."""

CHECK_TIME = 0.1
"""Time at which the model predicts an end from its noised frames."""

FARTHEST = 1.8
"""CA-RMSD (Å) between an end and its prediction above which it is outside of the model's data.

For the bundled networks: at most 1.34 Å for frames of chignolin's molecular dynamics at 300 to 450
K, 2.4 to 2.6 Å for mirror images of their positions, and 10 Å for a straight chain.
"""


def check_ends(density: NoisedDensity, points: Rigid, names: tuple[str, ...]) -> None:
    """Check that a path between structures exists and stays inside of the model's data.

    Parameters
    ----------
    density : NoisedDensity
        Model, γ and η; its t is not used.
    points : Rigid, shape (P, L)
        Start, intermediates and end, in Å.
    names : tuple of str
        Name of each for messages.

    Raises
    ------
    SettingsError
        If successive points are the same structure, or one is far from what the model predicts for
        it. The message states the distance.
    """
    ca = points.trans.double().cpu().numpy()
    for k, apart in enumerate(paired_rmsd(ca[:-1], ca[1:])):
        if apart < EQUAL:
            raise SettingsError(
                f"{names[k]} and {names[k + 1]} are the same structure (CA-RMSD {apart:.2f} Å). "
                "Choose two structures that differ."
            )
    distances = distances_from_data(density, points)
    for name, apart in zip(names, distances.tolist(), strict=True):
        if not apart <= FARTHEST:
            raise SettingsError(
                f"{name} is outside of the model's data: the structure that the model predicts "
                f"for it at t = {CHECK_TIME:g} has a CA-RMSD of {apart:.1f} Å, and the limit is "
                f"{FARTHEST:g} Å. Start from a structure that the model can sample, such as one "
                "of `confdiff sample`."
            )


def distances_from_data(density: NoisedDensity, points: Rigid) -> NDArray[np.float64]:
    """Return the CA-RMSD (P,) in Å between structures and what the model predicts for them."""
    check = density.at(CHECK_TIME)
    predicted = check(check.enter(points)).structures
    return paired_rmsd(points.trans.double().cpu().numpy(), predicted.trans.double().cpu().numpy())
