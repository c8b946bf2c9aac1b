"""Comparison of an ensemble with a reference, with the baselines of every metric.

- *value*: the metric of the sample.
- *sampling baseline*: the value that an independent perfect sampler is expected to have with as
  many frames. For distances it has two parts, which add as squares: finite samples, and the error
  of the reference (:mod:`confdiff_widgets.analysis.baselines`). Single samples may score below it.
- *excess*: the root of the squared distance less that of the baseline, with its interval.
- *single-structure baseline*: the same metric of the folded structure, repeated: the score of a
  sampler that knows nothing but the fold.
- *interval*: 95 %; of distances from a jackknife, of fractions Wilson's, which fractions of 0 and 1
  have too, and of other metrics Student's t of bootstrap samples of the frames, of which only the
  spread is used: a resample has fewer distinct frames. Frames of the sample are treated as
  independent. Intervals of distances are those of samples of this size; an excess has no such bias.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from rich.table import Table

from . import input_checks
from .baselines import JACKKNIFE_GROUPS, Baseline, Draws, distance_baselines
from .comparison_rows import (
    LEFT_ALIGNED,
    SAMPLE_HEADINGS,
    SHARED_HEADINGS,
    markdown_table,
    metric_rows,
)
from .input_checks import Floats
from .intervals import student_quantile, wilson_interval
from .jensen_shannon import N_BINS
from .metric_evaluator import MetricEvaluator, Values
from .metrics import METRICS, Metric, MetricInfo, stored_key
from .tica import TicaModel
from .validity import backbone_clash_free

BYTES_PER_COUNT = 4
"""Memory of a bin of a histogram in one draw."""

PAIRS_LENGTH = 60
"""Longer chains use fewer pairs of frames for the mean pairwise RMSD."""

_HEADINGS = ("Metric", *SAMPLE_HEADINGS, *SHARED_HEADINGS)
_NUMBERS = (
    "value", "low", "high", "baseline_mean", "baseline_sd", "single_structure", "reference",
    "finite_samples", "reference_error", "excess", "excess_low", "excess_high",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Metrics of one sample against a reference, from :func:`compare`.

    Attributes
    ----------
    metrics : tuple of Metric
        In the order of the table; `comparison["js_pwd"]` selects one by its key.
    n_sample, n_reference, n_residues : int
    settings : dict
        All settings that determine the values, including the seed.
    """

    metrics: tuple[Metric, ...]
    n_sample: int
    n_reference: int
    n_residues: int
    settings: dict[str, int | float | str | None]

    def __getitem__(self, key: str) -> Metric:
        for metric in self.metrics:
            if metric.key == key:
                return metric
        raise KeyError(f"no metric {key!r}; there are {', '.join(m.key for m in self.metrics)}")

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def to_dict(self) -> dict:
        """Return plain numbers and strings for JSON, under the stored keys."""
        return {
            "n_sample": self.n_sample,
            "n_reference": self.n_reference,
            "n_residues": self.n_residues,
            "settings": {stored_key(name): value for name, value in self.settings.items()},
            "metrics": {
                metric.key: {
                    "label": metric.info.label,
                    "unit": metric.info.unit,
                    stored_key("ideal"): metric.info.ideal,
                    **{stored_key(name): getattr(metric, name) for name in _NUMBERS},
                }
                for metric in self.metrics
            },
        }

    def to_table(self, title: str | None = None) -> Table:
        """Render a table for `rich.print`."""
        table = Table(title=title, caption=self.caption)
        for heading in _HEADINGS:
            table.add_column(heading, justify="left" if heading in LEFT_ALIGNED else "right")
        for row in metric_rows([self.metrics]):
            table.add_row(*row.cells)
        return table

    def to_markdown(self) -> str:
        """Render a Markdown table with its caption."""
        table = markdown_table(_HEADINGS, (row.cells for row in metric_rows([self.metrics])))
        return f"{table}\n\n{self.caption}\n"

    @property
    def caption(self) -> str:
        """Sample sizes, baselines and settings in words."""
        settings = self.settings
        lag = settings["tica_lag_ps"]
        return (
            f"{self.n_sample} frames against {self.n_reference}. "
            f"{baseline_caption(self.n_sample, bool(settings['grouped']))} "
            "Single structure: the folded structure repeated. "
            f"Folded: CA-RMSD < {settings['folded_cutoff']} Å. "
            + ("No TICA. " if lag is None else f"TICA lag {lag} ps. ")
            + f"Out-of-range values: {settings['outside']}. Seed {settings['seed']}."
        )


def compare(
    sample: ArrayLike,
    reference: ArrayLike,
    *,
    folded: ArrayLike,
    tica: TicaModel | None,
    folded_cutoff: float = 2.0,
    baseline_draws: int = 10,
    trajectory: ArrayLike | None = None,
    backbones: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
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
        CA positions of the folded structure, in Å.
    tica : TicaModel or None
        Fitted to the trajectories of the reference. If None, JS-TIC and JS-TIC2D are omitted.
    folded_cutoff : float
        CA-RMSD (Å) below which a frame is folded.
    baseline_draws : int
        Number of draws for the sampling baseline.
    trajectory : array_like of int, shape (M,), optional
        Trajectory of each frame of the reference. Without it, frames are independent, and the
        error of the reference is not part of the baseline.
    backbones : tuple of array_like, shapes (N, L, 4, 3), (M, L, 4, 3) and (1, L, 4, 3), optional
        N, CA, C, O of the sample, the reference and the folded structure, Å, for Val-backbone.
    n_bootstrap : int
        Number of bootstrap samples for the intervals.
    n_bins, outside
        As in :mod:`confdiff_widgets.analysis.jensen_shannon`.
    max_pairs : int
        Number of frame pairs for the mean pairwise RMSD of up to `PAIRS_LENGTH` residues; longer
        chains use fewer in proportion. The settings of the result state the number.
    residues : array_like of int, shape (L,), optional
        Residue numbers, if some residues are missing: Val-bond then ignores the gaps. Separations
        |i - j| count the residues that are present.
    seed : int
        Seed for draws, bootstrap samples and pairs.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        For wrong shapes, different numbers of residues, NaN, coordinates in nm, fewer than two
        frames, or trajectories of another number of frames.
    """
    sample = input_checks.ensemble(sample, "sample", min_frames=2)
    reference = input_checks.ensemble(reference, "reference", min_frames=2)
    folded = input_checks.structure(folded, "folded")
    input_checks.same_residues(sample, reference, "sample", "reference")
    input_checks.same_residues(folded, reference, "folded", "reference")
    for array, name in ((sample, "sample"), (reference, "reference"), (folded, "folded")):
        input_checks.angstrom(array, name)
    if trajectory is not None:
        trajectory = np.asarray(trajectory)
        if trajectory.shape != reference.shape[:1]:
            raise ValueError(
                f"trajectory has shape {trajectory.shape}. Expected ({len(reference)},), one entry "
                "for each reference frame"
            )
    if baseline_draws < 2 or n_bootstrap < 2:
        raise ValueError(
            f"baseline_draws is {baseline_draws}, n_bootstrap {n_bootstrap}. Both must be 2 or more"
        )
    pairs = reference.shape[1] ** 2 / 2
    histograms = 5 * baseline_draws + n_bootstrap + 2 * JACKKNIFE_GROUPS
    input_checks.fits_memory(BYTES_PER_COUNT * pairs * n_bins * histograms, reference.shape[1])
    max_pairs = max(1, round(max_pairs * min(1.0, PAIRS_LENGTH / reference.shape[1])))
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
    baseline_rng, bootstrap_rng, *pair_rngs = map(
        np.random.default_rng, np.random.SeedSequence(seed).spawn(5)
    )
    n = len(sample)
    draws = Draws.make(
        reference, n, trajectory, baseline_draws, n_bootstrap, (baseline_rng, bootstrap_rng)
    )
    work = (
        (reference, draws.reference, pair_rngs[0], baseline_draws + 1),
        (sample, draws.sample, pair_rngs[1], n_bootstrap + 1),
        (folded[None], [np.zeros(n, dtype=int)], pair_rngs[2], None),
    )
    with ThreadPoolExecutor(2) as pool:  # NumPy releases the GIL
        of_reference, of_sample, of_structure = pool.map(
            evaluator.statistics, *zip(*work, strict=True)
        )
    distances = distance_baselines(draws, of_sample, of_reference)
    target, *baseline = evaluator.values(of_reference[: baseline_draws + 1], of_reference)
    value, *resampled = evaluator.values(of_sample[: n_bootstrap + 1], of_reference)
    (single_structure,) = evaluator.values(of_structure, of_reference)
    found = {
        key: _distance_metric(key, value, target, single_structure, distances[key])
        if key in distances
        else _metric(key, value, target, single_structure, baseline, resampled, n)
        for key in value
    }
    if backbones is not None:
        found["val_backbone"] = _backbone_metric(*backbones, n)
    metrics = tuple(found[key] for key in METRICS if key in found)
    settings: dict[str, int | float | str | None] = {
        "folded_cutoff": folded_cutoff,
        "baseline_draws": baseline_draws,
        "baseline_frames": n,
        "grouped": trajectory is not None,
        "n_bootstrap": n_bootstrap,
        "n_bins": n_bins,
        "outside": outside,
        "max_pairs": max_pairs,
        "tica_lag_ps": None if tica is None else tica.lag_ps,
        "seed": seed,
    }
    return Comparison(metrics, n, len(reference), sample.shape[1], settings)


def baseline_caption(frames: int | str, grouped: bool) -> str:
    """Describe the sampling baseline in words."""
    error = "from groups of trajectories" if grouped else "unknown, so that it is omitted"
    return (
        f"Sampling baseline: expected of a perfect sampler with {frames} frames; in parentheses "
        f"finite samples of both ⊕ error of the reference ({error}), which add as squares. Excess: "
        "root of the squared value less that of the baseline."
    )


def _distance_metric(
    key: str, value: Values, target: Values, single_structure: Values, baseline: Baseline
) -> Metric:
    info = METRICS[key]
    excess, low, high = baseline.excess
    return Metric(
        key=key,
        info=info,
        value=value[key],
        reference=target[key],
        baseline_mean=baseline.mean,
        baseline_sd=baseline.sd,
        single_structure=single_structure[key],
        low=max(value[key] - baseline.half_width, 0.0),
        high=min(value[key] + baseline.half_width, info.upper_bound),
        finite_samples=baseline.finite_samples,
        reference_error=baseline.reference_error,
        excess=excess,
        excess_low=low,
        excess_high=high,
    )


def _metric(
    key: str,
    value: Values,
    target: Values,
    single_structure: Values,
    baselines: list[Values],
    resampled: list[Values],
    n: int,
) -> Metric:
    info = METRICS[key]
    baseline = np.array([draw[key] for draw in baselines])
    low, high = _interval(info, value[key], n, np.array([draw[key] for draw in resampled]))
    return Metric(
        key=key,
        info=info,
        value=value[key],
        reference=target[key],
        baseline_mean=float(baseline.mean()),
        baseline_sd=float(baseline.std(ddof=1)),
        single_structure=single_structure[key],
        low=low,
        high=high,
    )


def _backbone_metric(sample: ArrayLike, reference: ArrayLike, folded: ArrayLike, n: int) -> Metric:
    rates = (float(backbone_clash_free(one).mean()) for one in (sample, reference, folded))
    value, target, single_structure = rates
    _, low, high = wilson_interval(value, n)
    return Metric(
        key="val_backbone",
        info=METRICS["val_backbone"],
        value=value,
        reference=target,
        baseline_mean=target,
        baseline_sd=(target * (1 - target) / n) ** 0.5,
        single_structure=single_structure,
        low=low,
        high=high,
    )


def _interval(info: MetricInfo, value: float, n: int, resampled: Floats) -> tuple[float, float]:
    """Return the interval of a metric of ``n`` frames from its bootstrap samples."""
    if info.unit == "fraction":
        _, low, high = wilson_interval(value, n)
        return low, high
    half = student_quantile(len(resampled) - 1) * float(resampled.std(ddof=1))
    return max(value - half, 0.0), min(value + half, info.upper_bound)
