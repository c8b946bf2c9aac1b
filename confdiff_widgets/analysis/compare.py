"""An ensemble judged against a reference, each number beside what it must be read with.

- *value*: the metric of the sample.
- *floor*: the same metric of as many frames drawn from the reference itself, without
  replacement and over all its frames at once, mean ± sd over several draws: what an ideal
  sampler scores. It knows nothing of the reference's own error; where replicas disagree,
  frames of other replicas score worse than this floor.
- *static*: one folded structure repeated: what knowing only the fold scores.
- *interval*: 95 %, value ± 1.96 sd over bootstrap samples of the frames. Only their spread is
  used: a resample has fewer distinct frames, so every distance comes out larger than the value,
  and percentiles would be biased. It takes the frames for independent of each other. A fraction
  that is exactly 0 or 1 has no spread: with N frames the true rate may be 3/N away.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from . import input_checks
from .comparison import Comparison
from .jensen_shannon import N_BINS
from .metric_values import MetricEvaluator, Values
from .metrics import METRICS, Metric
from .tica import TicaModel


def compare(
    sample: ArrayLike,
    reference: ArrayLike,
    *,
    folded: ArrayLike,
    tica: TicaModel | None,
    folded_cutoff: float = 2.0,
    n_floor: int = 10,
    floor_frames: int | None = None,
    n_bootstrap: int = 20,
    n_bins: int = N_BINS,
    outside: str = "drop",
    max_pairs: int = 20_000,
    residues: ArrayLike | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare a sample with a reference ensemble of the same protein.

    Parameters
    ----------
    sample : array_like, shape (N, L, 3)
        CA positions in Å.
    reference : array_like, shape (M, L, 3)
        CA positions in Å, at equilibrium.
    folded : array_like, shape (L, 3)
        The folded structure, in Å.
    tica : TicaModel or None
        Fitted on the reference's trajectories. None leaves JS-TIC and JS-TIC2D out.
    folded_cutoff : float
        Å; a frame is folded below this CA-RMSD.
    n_floor : int
        Draws for the floor.
    floor_frames : int, optional
        Frames a draw; default N.
    n_bootstrap : int
        Bootstrap samples for the interval.
    n_bins, outside
        As in `divergence`.
    max_pairs : int
        Pairs of frames for the mean pairwise RMSD.
    residues : array_like of int, shape (L,), optional
        Numbers of the residues in the chain, where some are left out: Val-bond then looks at
        bonds only, not across a gap. Separations |i - j| are of the residues that are there.
    seed : int
        Of draws, bootstrap and pairs.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        Wrong shapes, different numbers of residues, NaN, coordinates in nm, fewer than two
        frames, or a floor of more frames than the reference has.
    """
    sample = input_checks.ensemble(sample, "sample", min_frames=2)
    reference = input_checks.ensemble(reference, "reference", min_frames=2)
    folded = input_checks.structure(folded, "folded")
    input_checks.same_residues(sample, reference, "sample", "reference")
    input_checks.same_residues(folded, reference, "folded", "reference")
    for array, name in ((sample, "sample"), (reference, "reference"), (folded, "folded")):
        input_checks.angstrom(array, name)
    size = len(sample) if floor_frames is None else floor_frames
    if not 2 <= size <= len(reference):
        raise ValueError(
            f"the floor needs {size} frames drawn without replacement, the reference has "
            f"{len(reference)}: thin the sample, add reference frames, or set floor_frames"
        )
    if n_floor < 2 or n_bootstrap < 2:
        raise ValueError(f"n_floor is {n_floor}, n_bootstrap {n_bootstrap}: each needs 2 or more")
    evaluator = MetricEvaluator(
        reference,
        folded,
        tica,
        folded_cutoff=folded_cutoff,
        n_bins=n_bins,
        outside=outside,
        max_pairs=max_pairs,
        residues=None if residues is None else np.asarray(residues),
    )
    of_floor, of_bootstrap, *of_pairs = map(
        np.random.default_rng, np.random.SeedSequence(seed).spawn(5)
    )
    n, m = len(sample), len(reference)
    floors = [of_floor.choice(m, size, replace=False) for _ in range(n_floor)]
    resampled = [of_bootstrap.integers(n, size=n) for _ in range(n_bootstrap)]
    work = (
        (reference, [np.arange(m), *floors]),
        (sample, [np.arange(n), *resampled]),
        (folded[None], [np.zeros(n, dtype=int)]),
    )
    with ThreadPoolExecutor(2) as pool:  # numpy lets go of the interpreter
        whole, mine, repeated = pool.map(evaluator.tally, *zip(*work, strict=True), of_pairs)
    target, *floor = evaluator.values(whole, whole)
    value, *spread = evaluator.values(mine, whole)
    (static,) = evaluator.values(repeated, whole)
    found = tuple(
        _metric(key, value, target, static, floor, spread) for key in METRICS if key in value
    )
    settings: dict[str, int | float | str | None] = {
        "folded_cutoff": folded_cutoff,
        "n_floor": n_floor,
        "floor_frames": size,
        "n_bootstrap": n_bootstrap,
        "n_bins": n_bins,
        "outside": outside,
        "max_pairs": max_pairs,
        "tica_lag_ps": None if tica is None else tica.lag_ps,
        "seed": seed,
    }
    return Comparison(found, n, m, sample.shape[1], settings)


def _metric(
    key: str,
    value: Values,
    target: Values,
    static: Values,
    floors: list[Values],
    resampled: list[Values],
) -> Metric:
    about = METRICS[key]
    floor = np.array([draw[key] for draw in floors])
    sd = float(np.std([draw[key] for draw in resampled], ddof=1))
    return Metric(
        key=key,
        about=about,
        value=value[key],
        reference=target[key],
        floor_mean=float(floor.mean()),
        floor_sd=float(floor.std(ddof=1)),
        static=static[key],
        low=max(value[key] - 1.96 * sd, 0.0),
        high=min(value[key] + 1.96 * sd, about.largest),
    )
