"""Bond lengths, angles, torsions and secondary structure of the backbone.

Backbones are (N frames, L residues, 4, 3) in Å with atoms N, CA, C, O. Torsions are in degrees
in (-180, 180] with the IUPAC sign: clockwise is positive when looking along the middle bond.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..geometry.structure import to_trajectory
from . import input_checks
from .input_checks import Floats

_TORSIONS = ("phi", "psi", "omega")


@dataclass(frozen=True, eq=False)
class LocalGeometry:
    """Local geometry of N conformers of L residues, in Å and degrees.

    Attributes
    ----------
    ca_ca : ndarray, shape (N, L - 1)
        Distances of neighbouring CA atoms.
    n_ca, ca_c, c_o : ndarray, shape (N, L)
        Bond lengths within a residue.
    c_n : ndarray, shape (N, L - 1)
        Length of the peptide bond to the next residue.
    n_ca_c : ndarray, shape (N, L)
        Bond angle N-CA-C.
    ca_c_n, c_n_ca : ndarray, shape (N, L - 1)
        Bond angles at both atoms of the peptide bond.
    omega : ndarray, shape (N, L - 1)
        Torsion CA(i), C(i), N(i+1), CA(i+1).
    phi : ndarray, shape (N, L - 1)
        Torsion C(i-1), N, CA, C of residues 2 to L.
    psi : ndarray, shape (N, L - 1)
        Torsion N, CA, C, N(i+1) of residues 1 to L - 1.
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
        """Whether each peptide bond is cis, |omega| < 90°, shape (N, L - 1)."""
        return np.abs(self.omega) < 90.0

    @property
    def cis_fraction(self) -> float:
        """Fraction of peptide bonds that are cis."""
        return float(self.cis.mean())

    def summary(self) -> dict[str, tuple[float, float]]:
        """Compute the mean and standard deviation of each quantity over residues and frames.

        Torsions have circular means. The mean of omega is in [0, 360), so that trans peptides give
        180; it includes cis peptides, see `cis_fraction`. phi and psi have several basins, so that
        only changes of their means are informative.
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
    """Measure bond lengths, angles and torsions of backbones.

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
        For a wrong shape, a single residue, or NaN or infinite coordinates.
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


def backbone_torsions(backbone: ArrayLike) -> Floats:
    """Return φ of all residues but the first and ψ of all but the last, (N, 2 L - 2), degrees.

    Parameters
    ----------
    backbone : array_like, shape (N, L, 4, 3)
        Positions in Å of N, CA, C, O.
    """
    local = local_geometry(backbone)
    return np.concatenate([local.phi, local.psi], axis=1)


def angle(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Floats:
    """Compute the angle (...) at `b` in degrees from positions (..., 3)."""
    u, v = np.subtract(a, b), np.subtract(c, b)
    return np.degrees(
        np.arctan2(np.linalg.norm(np.cross(u, v), axis=-1), np.einsum("...i,...i", u, v))
    )


def dihedral(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Floats:
    """Compute the torsion (...) a-b-c-d in degrees (IUPAC sign) from positions (..., 3)."""
    u, v, w = np.subtract(b, a), np.subtract(c, b), np.subtract(d, c)
    left, right = np.cross(u, v), np.cross(v, w)
    sine = np.linalg.norm(v, axis=-1) * np.einsum("...i,...i", u, right)
    return np.degrees(np.arctan2(sine, np.einsum("...i,...i", left, right)))


def chiral_volume(backbone: ArrayLike, cb: ArrayLike) -> Floats:
    """Compute the chiral volume (N - CA) · ((C - CA) × (CB - CA)) in Å³.

    It is about +2.6 Å³ for L residues and -2.6 Å³ for D residues. CB is required because N, CA and
    C are coplanar.

    Parameters
    ----------
    backbone : array_like, shape (N, L, 4, 3)
        Positions in Å.
    cb : array_like, shape (N, L, 3)
        CB positions in Å. NaN where a residue has none (glycine) results in NaN.

    Returns
    -------
    ndarray, shape (N, L)
    """
    backbone = input_checks.backbone_ensemble(backbone, "backbone")
    cb = np.asarray(cb, dtype=np.float64)
    if cb.shape != backbone[:, :, 1].shape:
        raise ValueError(f"cb has shape {cb.shape}. Expected {backbone[:, :, 1].shape}")
    n, ca, c, _ = np.moveaxis(backbone, 2, 0)
    return np.einsum("...i,...i", n - ca, np.cross(c - ca, cb - ca))


def secondary_structure(backbone: NDArray[np.floating], sequence: str) -> NDArray[np.str_]:
    """Assign the three DSSP classes (Kabsch & Sander, Biopolymers 22, 2577, 1983).

    Parameters
    ----------
    backbone : ndarray, shape (N, L, 4, 3)
        Positions in Å of N, CA, C, O.
    sequence : str
        One-letter codes.

    Returns
    -------
    ndarray of str, shape (N, L)
        "H" helix, "E" strand, "C" other.
    """
    import mdtraj

    positions = torch.from_numpy(np.ascontiguousarray(backbone, dtype=np.float32))
    return mdtraj.compute_dssp(to_trajectory(positions, sequence), simplified=True)


def _length(a: Floats, b: Floats) -> Floats:
    return np.linalg.norm(a - b, axis=-1)


def _circular(degrees: Floats) -> tuple[float, float]:
    """Compute the circular mean and the standard deviation from it, in degrees."""
    mean = np.angle(np.exp(1j * np.radians(degrees)).mean(), deg=True)
    deviation = (degrees - mean + 180.0) % 360.0 - 180.0
    return float(mean), float(np.sqrt(np.square(deviation).mean()))
