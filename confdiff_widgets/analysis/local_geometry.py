"""Bond lengths, angles and torsions of the backbone.

Backbones are (N frames, L residues, 4, 3) in Å with atoms N, CA, C, O. Torsions are in degrees
in (-180, 180], with IUPAC's sign: looking along the middle bond, clockwise is positive.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .input_checks import Floats

_TORSIONS = ("phi", "psi", "omega")


@dataclass(frozen=True, eq=False)
class LocalGeometry:
    """Local geometry of N conformers of L residues; Å and degrees.

    Attributes
    ----------
    ca_ca : ndarray, shape (N, L - 1)
        Neighbouring CA–CA.
    n_ca, ca_c, c_o : ndarray, shape (N, L)
        Bonds within a residue.
    c_n : ndarray, shape (N, L - 1)
        Peptide bond to the next residue.
    n_ca_c : ndarray, shape (N, L)
        Bond angle at CA.
    ca_c_n, c_n_ca : ndarray, shape (N, L - 1)
        Bond angles on both sides of the peptide bond.
    omega : ndarray, shape (N, L - 1)
        CA(i), C(i), N(i+1), CA(i+1).
    phi : ndarray, shape (N, L - 1)
        Of residues 2 to L: C(i-1), N, CA, C.
    psi : ndarray, shape (N, L - 1)
        Of residues 1 to L - 1: N, CA, C, N(i+1).
    """

    ca_ca: Floats
    n_ca: Floats
    ca_c: Floats
    c_n: Floats
    c_o: Floats
    n_ca_c: Floats
    ca_c_n: Floats
    c_n_ca: Floats
    omega: Floats
    phi: Floats
    psi: Floats

    @property
    def cis(self) -> NDArray[np.bool_]:
        """(N, L - 1): |omega| < 90°."""
        return np.abs(self.omega) < 90.0

    @property
    def cis_fraction(self) -> float:
        """Fraction of peptide bonds that are cis."""
        return float(self.cis.mean())

    def summary(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of each quantity over all residues and frames.

        Torsions are averaged on the circle. omega's mean is given in [0, 360), so that a trans
        peptide reads 180; cis ones are in it, see `cis_fraction`. phi and psi have several
        basins: their means say little, their changes much.
        """
        table = {}
        for field in fields(self):
            values = getattr(self, field.name)
            if field.name in _TORSIONS:
                mean, sd = _circular(values)
                table[field.name] = (mean % 360.0 if field.name == "omega" else mean, sd)
            else:
                table[field.name] = (float(values.mean()), float(values.std()))
        return table


def local_geometry(backbone: ArrayLike) -> LocalGeometry:
    """Measure the local geometry.

    Parameters
    ----------
    backbone : array_like, shape (N, L, 4, 3)
        Positions in Å of N, CA, C, O.

    Returns
    -------
    LocalGeometry

    Raises
    ------
    ValueError
        Wrong shape, a single residue, NaN or infinite coordinates.
    """
    backbone = input_checks.backbone_ensemble(backbone, "backbone", min_residues=2)
    n, ca, c, o = np.moveaxis(backbone, 2, 0)
    next_n, next_ca = n[:, 1:], ca[:, 1:]
    here_n, here_ca, here_c = n[:, :-1], ca[:, :-1], c[:, :-1]
    return LocalGeometry(
        ca_ca=_length(here_ca, next_ca),
        n_ca=_length(n, ca),
        ca_c=_length(ca, c),
        c_n=_length(here_c, next_n),
        c_o=_length(c, o),
        n_ca_c=angle(n, ca, c),
        ca_c_n=angle(here_ca, here_c, next_n),
        c_n_ca=angle(here_c, next_n, next_ca),
        omega=dihedral(here_ca, here_c, next_n, next_ca),
        phi=dihedral(here_c, next_n, next_ca, c[:, 1:]),
        psi=dihedral(here_n, here_ca, here_c, next_n),
    )


def angle(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Floats:
    """Angle at `b` in degrees; positions (..., 3) to (...)."""
    u, v = np.subtract(a, b), np.subtract(c, b)
    return np.degrees(
        np.arctan2(np.linalg.norm(np.cross(u, v), axis=-1), np.einsum("...i,...i", u, v))
    )


def dihedral(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Floats:
    """Torsion a-b-c-d in degrees, IUPAC sign; positions (..., 3) to (...)."""
    u, v, w = np.subtract(b, a), np.subtract(c, b), np.subtract(d, c)
    left, right = np.cross(u, v), np.cross(v, w)
    sine = np.linalg.norm(v, axis=-1) * np.einsum("...i,...i", u, right)
    return np.degrees(np.arctan2(sine, np.einsum("...i,...i", left, right)))


def chiral_volume(backbone: ArrayLike, cb: ArrayLike) -> Floats:
    """(N - CA) · ((C - CA) × (CB - CA)) in Å³: about +2.6 for an L residue, -2.6 for a D one.

    N, CA and C alone lie in a plane and have no hand, so CB is needed.

    Parameters
    ----------
    backbone : array_like, shape (N, L, 4, 3)
        Positions in Å.
    cb : array_like, shape (N, L, 3)
        CB positions in Å; NaN where there is none (glycine) gives NaN.

    Returns
    -------
    ndarray, shape (N, L)
    """
    backbone = input_checks.backbone_ensemble(backbone, "backbone")
    cb = np.asarray(cb, dtype=np.float64)
    if cb.shape != backbone[:, :, 1].shape:
        raise ValueError(f"cb has shape {cb.shape}, expected {backbone[:, :, 1].shape}")
    n, ca, c, _ = np.moveaxis(backbone, 2, 0)
    return np.einsum("...i,...i", n - ca, np.cross(c - ca, cb - ca))


def _length(a: Floats, b: Floats) -> Floats:
    return np.linalg.norm(a - b, axis=-1)


def _circular(degrees: Floats) -> tuple[float, float]:
    """Mean direction in degrees, and the spread of the deviations from it."""
    mean = np.angle(np.exp(1j * np.radians(degrees)).mean(), deg=True)
    deviation = (degrees - mean + 180.0) % 360.0 - 180.0
    return float(mean), float(np.sqrt(np.square(deviation).mean()))
