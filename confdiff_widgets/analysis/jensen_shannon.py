"""Jensen–Shannon distances between a sample and a reference ensemble.

The published definition (CONFDIFF, Wang et al. 2024, and its code): 50 equal bins over the
*reference's* range, 1e-6 added to every raw count, scipy's Jensen–Shannon *distance* with the
natural logarithm, sqrt(½ KL(p|m) + ½ KL(q|m)), m = (p + q)/2, at most sqrt(ln 2) = 0.833.

A sample value beyond the range of the reference is in no bin. The published code ignores it
(`numpy.histogram`) and scores the remaining values only: a sample with 90 % of its values outside
scores like the other 10 %, and a sample with all values outside like a uniform distribution, since
only the pseudo-count remains. `outside="clip"` counts such values in the outermost bins, where they
increase the distance. The default "drop" gives values that compare with published ones; report it
together with `outside_fraction`, as the published code reports its hit rate.

None of these distances is zero for an ideal sample of finite size: compare them with the sampling
baseline (:func:`confdiff_widgets.analysis.compare`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import input_checks
from .features import MIN_SEPARATION, ca_distances, radius_of_gyration
from .histograms import Grid, counts, histograms_of, joint_bins
from .input_checks import Floats

N_BINS = 50
PSEUDO_COUNT = 1e-6


def js_distance(p: ArrayLike, q: ArrayLike, *, pseudo_count: float = PSEUDO_COUNT) -> Floats:
    """Compute the Jensen–Shannon distance of histograms along the last axis.

    Parameters
    ----------
    p, q : array_like, shapes (..., B)
        Counts or weights. `pseudo_count` is added to every bin before normalisation.

    Returns
    -------
    ndarray, shape (...)
        Between 0 and sqrt(ln 2).
    """
    a, b = _normalised(p, pseudo_count), _normalised(q, pseudo_count)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"p has {a.shape[-1]} bins and q has {b.shape[-1]}. Use one grid for both")
    m = 0.5 * (a + b)
    divergence = 0.5 * (_relative(a, m) + _relative(b, m)).sum(axis=-1)
    return np.sqrt(np.maximum(divergence, 0.0))


def js_marginals(
    sample: ArrayLike, reference: ArrayLike, *, n_bins: int = N_BINS, outside: str = "drop"
) -> Floats:
    """Compute the Jensen–Shannon distance of the distribution of each feature.

    Parameters
    ----------
    sample, reference : array_like, shapes (N, D) and (M, D)
        One row for each frame, one column for each feature.
    n_bins : int
        Number of bins over the range of the reference.
    outside : {"drop", "clip"}
        Treatment of values beyond the range of the reference, see the module docstring.

    Returns
    -------
    ndarray, shape (D,)
    """
    a, b = _tables(sample, reference)
    grid = Grid.over(b, n_bins, outside)
    return js_distance(counts(grid.bins(a), n_bins), counts(grid.bins(b), n_bins))


def outside_fraction(sample: ArrayLike, reference: ArrayLike) -> Floats:
    """Compute the fraction (D,) of sample values beyond the range of the reference."""
    a, b = _tables(sample, reference)
    return Grid.over(b, N_BINS).is_outside(a).mean(axis=0)


def js_pwd(
    sample: ArrayLike,
    reference: ArrayLike,
    *,
    min_separation: int = MIN_SEPARATION,
    n_bins: int = N_BINS,
    outside: str = "drop",
) -> float:
    """Compute JS-PwD, the mean JS of CA–CA distances over pairs with |i - j| >= `min_separation`.

    Parameters
    ----------
    sample, reference : array_like, shapes (N, L, 3) and (M, L, 3)
        CA positions in Å.

    Returns
    -------
    float
    """
    x, y = _ensembles(sample, reference)
    p, q = histograms_of(lambda ca: ca_distances(ca, min_separation), x, y, n_bins, outside)
    return float(js_distance(p, q).mean())


def js_rg(
    sample: ArrayLike,
    reference: ArrayLike,
    *,
    per_residue: bool = False,
    n_bins: int = N_BINS,
    outside: str = "drop",
) -> float:
    """Compute JS-Rg, the JS of the radius of gyration of CA coordinates (N, L, 3), (M, L, 3) in Å.

    With `per_residue`, it is the mean over residues of the JS of their distance to the centre, as
    in the published code.
    """
    x, y = _ensembles(sample, reference)
    a = radius_of_gyration(x, per_residue=per_residue).reshape(len(x), -1)
    b = radius_of_gyration(y, per_residue=per_residue).reshape(len(y), -1)
    return float(js_marginals(a, b, n_bins=n_bins, outside=outside).mean())


def js_tic(
    sample: ArrayLike, reference: ArrayLike, *, n_bins: int = N_BINS, outside: str = "drop"
) -> float:
    """Compute JS-TIC, the mean JS of the marginal distributions of the first two TICs.

    Parameters
    ----------
    sample, reference : array_like, shapes (N, >= 2) and (M, >= 2)
        Projections from `TicaModel.transform`.
    """
    a, b = _planes(sample, reference)
    return float(js_marginals(a, b, n_bins=n_bins, outside=outside).mean())


def js_tic2d(
    sample: ArrayLike, reference: ArrayLike, *, n_bins: int = N_BINS, outside: str = "drop"
) -> float:
    """Compute JS-TIC2D, the JS of the joint histogram (`n_bins` x `n_bins`) of the first two TICs.

    With 2500 bins it is dominated by noise for small samples: compare with the sampling baseline.
    """
    a, b = _planes(sample, reference)
    grid = Grid.over(b, n_bins, outside)
    p, q = (counts(joint_bins(grid.bins(x), n_bins), n_bins**2) for x in (a, b))
    return float(js_distance(p, q)[0])


def _normalised(histogram: ArrayLike, pseudo_count: float) -> Floats:
    filled = np.asarray(histogram, dtype=np.float64) + pseudo_count
    return filled / filled.sum(axis=-1, keepdims=True)


def _relative(p: Floats, m: Floats) -> Floats:
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0) / np.where(m > 0, m, 1.0)), 0.0)


def _ensembles(sample: ArrayLike, reference: ArrayLike) -> tuple[Floats, Floats]:
    a = input_checks.ensemble(sample, "sample")
    b = input_checks.ensemble(reference, "reference", min_frames=2)
    input_checks.same_residues(a, b, "sample", "reference")
    return a, b


def _planes(sample: ArrayLike, reference: ArrayLike) -> tuple[Floats, Floats]:
    a, b = _tables(sample, reference)
    if a.shape[1] < 2:
        raise ValueError(
            f"projections have {a.shape[1]} column, two TICs needed. Fit with n_tics=2"
        )
    return a[:, :2], b[:, :2]


def _tables(sample: ArrayLike, reference: ArrayLike) -> tuple[Floats, Floats]:
    a, b = (
        input_checks.table(sample, "sample"),
        input_checks.table(reference, "reference", min_frames=2),
    )
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"sample has {a.shape[1]} features and reference {b.shape[1]}. Pass the same features"
        )
    return a, b
