"""Superposition and root-mean-square deviation (RMSD) of CA coordinates.

Superposed coordinates come from :mod:`confdiff_widgets.geometry.kabsch`. The RMSD alone of very
many pairs comes from the largest root of the quartic of the quaternion method (Theobald, Acta
Cryst. A 61, 478, 2005), which needs no decomposition: with H = XᵀY of the centred pair and
G = |X|² + |Y|²,

    λ⁴ - 2|H|²λ² - 8 det(H) λ + 2|HᵀH|² - |H|⁴ = 0,    L·RMSD² = G - 2 λ_max,

solved by Newton steps downwards from the upper bound G/2. The last coefficient uses Frobenius
norms: the roots λ are s1 + s2 + s3 and its variants with two signs changed, where s are the signed
singular values. All arithmetic is in float64. The RMSD is accurate to about 1e-6 Å for chains that
are not straight lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..geometry.kabsch import kabsch_rotation
from . import input_checks
from .input_checks import Floats

_PAIRS_PER_BLOCK = 1 << 16
_RESIDUES_PER_BLOCK = 60 * 20_000


def superpose(mobile: ArrayLike, target: ArrayLike) -> Floats:
    """Superpose each frame on `target` by the rigid motion with the least squared distance.

    Parameters
    ----------
    mobile : array_like, shape (N, L, 3)
        CA positions in Å.
    target : array_like, shape (L, 3)
        CA positions of the structure to superpose on, in Å.

    Returns
    -------
    ndarray, shape (N, L, 3)
        The superposed frames in Å. Reflections are excluded.
    """
    mobile = input_checks.ensemble(mobile, "mobile")
    target = input_checks.structure(target, "target")
    input_checks.same_residues(mobile, target, "mobile", "target")
    centre = target.mean(axis=0)
    x = _centred(mobile)
    # rows are points, so the product from the right needs the transposed rotation
    return x @ kabsch_rotation(np.matmul(x.transpose(0, 2, 1), target - centre)) + centre


def ca_rmsd(ca: ArrayLike, reference: ArrayLike) -> Floats:
    """Compute the RMSD of each frame to one structure after superposition.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    reference : array_like, shape (L, 3)
        CA positions of one structure, in Å.

    Returns
    -------
    ndarray, shape (N,)
        Å.
    """
    reference = input_checks.structure(reference, "reference")
    superposed = superpose(ca, reference)
    return np.sqrt(np.square(superposed - reference).sum(axis=-1).mean(axis=-1))


def rmsd_matrix(a: ArrayLike, b: ArrayLike | None = None) -> Floats:
    """Compute the RMSD of every frame of `a` to every frame of `b` after superposition.

    Parameters
    ----------
    a : array_like, shape (N, L, 3)
        CA positions in Å.
    b : array_like, shape (M, L, 3), optional
        Default: `a`.

    Returns
    -------
    ndarray, shape (N, M)
        Å. The whole matrix is kept in memory; `nearest_rmsd` is not limited by this.
    """
    a = input_checks.ensemble(a, "a")
    b = a if b is None else input_checks.ensemble(b, "b")
    input_checks.same_residues(a, b, "a", "b")
    x, y = _centred(a), _centred(b)
    rows = max(1, _PAIRS_PER_BLOCK // len(y))
    return np.concatenate([_rmsd_block(x[s : s + rows], y) for s in range(0, len(x), rows)])


def paired_rmsd(a: ArrayLike, b: ArrayLike) -> Floats:
    """Compute the RMSD (N,) in Å of frame n of `a` to frame n of `b` after superposition."""
    a, b = input_checks.ensemble(a, "a"), input_checks.ensemble(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape} and b {b.shape}: pairs need equal shapes")
    found = np.empty(len(a))
    step = max(1, _RESIDUES_PER_BLOCK // a.shape[1])
    for start in range(0, len(a), step):
        x, y = _centred(a[start : start + step]), _centred(b[start : start + step])
        h = np.matmul(x.transpose(0, 2, 1), y).transpose(1, 2, 0)
        g = np.square(x).sum((1, 2)) + np.square(y).sum((1, 2))
        found[start : start + step] = _rmsd(h, g, a.shape[1])
    return found


def nearest_rmsd(sample: ArrayLike, training: ArrayLike) -> Floats:
    """Compute each sample's smallest RMSD to any training frame, which detects memorisation.

    Parameters
    ----------
    sample : array_like, shape (N, L, 3)
        CA positions in Å.
    training : array_like, shape (M, L, 3)
        CA positions of the training frames, in Å.

    Returns
    -------
    ndarray, shape (N,)
        Å. Compare with the same value of held-out frames of the reference.
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
    # a matrix product: numpy's mean over a middle axis takes twice as long
    mean = ca.reshape(len(ca), -1) @ np.tile(np.eye(3) / length, (length, 1))
    return ca - mean[:, None]


def _rmsd_block(x: Floats, y: Floats) -> Floats:
    """Compute the RMSD (n, m) of centred frames x (n, L, 3) and y (m, L, 3)."""
    h = np.empty((3, 3, len(x), len(y)))
    for i in range(3):
        for j in range(3):
            np.matmul(x[:, :, i], y[:, :, j].T, out=h[i, j])
    g = np.square(x).sum((1, 2))[:, None] + np.square(y).sum((1, 2))
    return _rmsd(h, g, x.shape[1])


def _rmsd(h: Floats, g: Floats, n_residues: int) -> Floats:
    """Compute the RMSD (...) from H (3, 3, ...) and G (...), see the module docstring."""
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
