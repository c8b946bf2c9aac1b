"""Optimal superposition and root-mean-square deviation (RMSD) of CA coordinates.

Two routes to the same minimum over proper rotations. Where the placed coordinates are wanted,
Kabsch's singular value decomposition (Acta Cryst. A 34, 827, 1978). Where only the RMSD of very
many pairs is wanted, the largest root of the quaternion method's quartic (Theobald, Acta Cryst.
A 61, 478, 2005), which needs no decomposition: with H = XᵀY of the centred pair and
G = |X|² + |Y|²,

    λ⁴ - 2|H|²λ² - 8 det(H) λ + 2|HᵀH|² - |H|⁴ = 0,    L·RMSD² = G - 2 λ_max,

found by Newton steps down from G/2, its upper bound. The last coefficient is written with
Frobenius norms: λ runs over s1 + s2 + s3 and its sign changes in pairs, s the (signed) singular
values. float64 throughout: RMSD is good to about 1e-6 Å for chains that are not straight lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import input_checks
from .input_checks import Floats

_PAIRS_PER_BLOCK = 1 << 16


def superpose(mobile: ArrayLike, target: ArrayLike) -> Floats:
    """Each frame moved onto `target` by the rigid motion of least squares.

    Parameters
    ----------
    mobile : array_like, shape (N, L, 3)
        CA positions in Å.
    target : array_like, shape (L, 3)
        The structure to move onto, in Å.

    Returns
    -------
    ndarray, shape (N, L, 3)
        The moved frames, in the place of `target`. Never mirrored.
    """
    mobile = input_checks.ensemble(mobile, "mobile")
    target = input_checks.structure(target, "target")
    input_checks.same_residues(mobile, target, "mobile", "target")
    centre = target.mean(axis=0)
    x = _centred(mobile)
    u, _, vt = np.linalg.svd(np.matmul(x.transpose(0, 2, 1), target - centre))
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return x @ (u @ vt) + centre


def ca_rmsd(ca: ArrayLike, reference: ArrayLike) -> Floats:
    """RMSD of each frame to one structure after superposition.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    reference : array_like, shape (L, 3)
        One structure, in Å.

    Returns
    -------
    ndarray, shape (N,)
        Å.
    """
    reference = input_checks.structure(reference, "reference")
    moved = superpose(ca, reference)
    return np.sqrt(np.square(moved - reference).sum(axis=-1).mean(axis=-1))


def rmsd_matrix(a: ArrayLike, b: ArrayLike | None = None) -> Floats:
    """RMSD after superposition of every frame of `a` with every frame of `b`.

    Parameters
    ----------
    a : array_like, shape (N, L, 3)
        CA positions in Å.
    b : array_like, shape (M, L, 3), optional
        Default: `a` itself.

    Returns
    -------
    ndarray, shape (N, M)
        Å. N·M floats are held: for large sets see `nearest_rmsd`.
    """
    a = input_checks.ensemble(a, "a")
    b = a if b is None else input_checks.ensemble(b, "b")
    input_checks.same_residues(a, b, "a", "b")
    x, y = _centred(a), _centred(b)
    rows = max(1, _PAIRS_PER_BLOCK // len(y))
    return np.concatenate([_rmsd_block(x[s : s + rows], y) for s in range(0, len(x), rows)])


def paired_rmsd(a: ArrayLike, b: ArrayLike) -> Floats:
    """RMSD after superposition of frame n of `a` with frame n of `b`, shape (N,), in Å."""
    a, b = input_checks.ensemble(a, "a"), input_checks.ensemble(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape} and b {b.shape}: pairs need equal shapes")
    x, y = _centred(a), _centred(b)
    h = np.matmul(x.transpose(0, 2, 1), y).transpose(1, 2, 0)
    return _rmsd(h, np.square(x).sum((1, 2)) + np.square(y).sum((1, 2)), a.shape[1])


def nearest_rmsd(sample: ArrayLike, training: ArrayLike) -> Floats:
    """Each sample's smallest RMSD to any training frame: is the model copying?

    Parameters
    ----------
    sample : array_like, shape (N, L, 3)
        CA positions in Å.
    training : array_like, shape (M, L, 3)
        What the model learned from, in Å.

    Returns
    -------
    ndarray, shape (N,)
        Å. To be read beside the same number for held-out frames of the reference.
    """
    sample = input_checks.ensemble(sample, "sample")
    training = input_checks.ensemble(training, "training")
    input_checks.same_residues(sample, training, "sample", "training")
    x, y = _centred(sample), _centred(training)
    best = np.full(len(x), np.inf)
    columns = min(len(y), _PAIRS_PER_BLOCK)
    rows = max(1, _PAIRS_PER_BLOCK // columns)
    for s in range(0, len(x), rows):
        part = slice(s, s + rows)
        for c in range(0, len(y), columns):
            block = _rmsd_block(x[part], y[c : c + columns])
            best[part] = np.minimum(best[part], block.min(axis=1))
    return best


def _centred(ca: Floats) -> Floats:
    length = ca.shape[1]
    # as a product: numpy's mean over a middle axis takes twice as long
    mean = ca.reshape(len(ca), -1) @ np.tile(np.eye(3) / length, (length, 1))
    return ca - mean[:, None]


def _rmsd_block(x: Floats, y: Floats) -> Floats:
    """RMSD (n, m) of centred frames x (n, L, 3), y (m, L, 3)."""
    h = np.empty((3, 3, len(x), len(y)))
    for i in range(3):
        for j in range(3):
            np.matmul(x[:, :, i], y[:, :, j].T, out=h[i, j])
    g = np.square(x).sum((1, 2))[:, None] + np.square(y).sum((1, 2))
    return _rmsd(h, g, x.shape[1])


def _rmsd(h: Floats, g: Floats, n_residues: int) -> Floats:
    """RMSD (...) from H (3, 3, ...) and G (...), as in the module's head."""
    det = (
        h[0, 0] * (h[1, 1] * h[2, 2] - h[1, 2] * h[2, 1])
        - h[0, 1] * (h[1, 0] * h[2, 2] - h[1, 2] * h[2, 0])
        + h[0, 2] * (h[1, 0] * h[2, 1] - h[1, 1] * h[2, 0])
    )
    norm2 = np.square(h).sum(axis=(0, 1))
    gram2 = np.zeros_like(norm2)
    for i in range(3):
        for j in range(i, 3):
            entry = h[0, i] * h[0, j] + h[1, i] * h[1, j] + h[2, i] * h[2, j]
            gram2 += (1.0 if i == j else 2.0) * entry * entry
    c2, c1, c0 = -2.0 * norm2, -8.0 * det, 2.0 * gram2 - norm2 * norm2
    root = 0.5 * g
    for _ in range(60):
        square = root * root
        value = (square + c2) * square + c1 * root + c0
        slope = (4.0 * square + 2.0 * c2) * root + c1
        step = np.where((value > 0) & (slope > 0), value / np.where(slope > 0, slope, 1.0), 0.0)
        root -= step
        if np.all(step <= 1e-13 * g):
            break
    return np.sqrt(np.maximum(g - 2.0 * root, 0.0) / n_residues)
