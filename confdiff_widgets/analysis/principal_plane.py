"""The plane of the first two principal components of an ensemble's CA–CA distances.

It shows an ensemble that has no reference with dynamics. Unlike TICs, principal components are the
directions of largest variance, which need not be slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import input_checks
from .features import ca_distances
from .free_energy import FreeEnergy, free_energy
from .input_checks import Floats

BINS = 24
"""Bins along each axis, for ensembles of a few hundred conformers."""


@dataclass(frozen=True, eq=False)
class PrincipalPlane:
    """Two principal components of CA–CA distances.

    Attributes
    ----------
    mean : ndarray, shape (D,)
        Mean distances, Å.
    components : ndarray, shape (2, D)
        Orthonormal. Positive coordinates mean longer distances in total.
    variance : ndarray, shape (2,)
        Share of the variance.
    """

    mean: Floats
    components: Floats
    variance: Floats

    @classmethod
    def fit(cls, ca: ArrayLike) -> PrincipalPlane:
        """Fit the plane to CA positions (N, L, 3) in Å, with N ≥ 3 and L ≥ 3.

        Raises
        ------
        ValueError
            If there are fewer conformers or residues.
        """
        from sklearn.decomposition import PCA

        ca = input_checks.ensemble(ca, "ca", min_residues=3)
        if len(ca) < 3:
            raise ValueError(f"ca has {len(ca)} conformers. Two components need at least 3")
        model = PCA(n_components=2, svd_solver="full").fit(ca_distances(ca).astype(np.float64))
        sign = np.where(model.components_.sum(axis=1) < 0, -1.0, 1.0)
        return cls(model.mean_, model.components_ * sign[:, None], model.explained_variance_ratio_)

    def transform(self, ca: ArrayLike) -> Floats:
        """Return the coordinates (N, 2) of CA positions (N, L, 3), Å."""
        ca = input_checks.ensemble(ca, "ca", min_residues=3)
        return (ca_distances(ca) - self.mean) @ self.components.T

    def free_energy(
        self, ca: ArrayLike, temperature_k: float, like: FreeEnergy | None = None
    ) -> FreeEnergy:
        """Return the free energy of an ensemble on the plane, on the grid of ``like`` if given."""
        bins = BINS if like is None else (like.x_edges, like.y_edges)
        return free_energy(self.transform(ca), temperature_k=temperature_k, bins=bins)
