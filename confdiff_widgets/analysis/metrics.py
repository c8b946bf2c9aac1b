"""Definitions of the comparison metrics, and the keys under which results are stored."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt

from ..renamed import RenamedAttribute

_JS_MAX = sqrt(log(2.0))


@dataclass(frozen=True)
class MetricInfo:
    """Definition of a metric.

    Attributes
    ----------
    label : str
        Name in tables.
    unit : str
        "Å", "fraction", or empty.
    ideal : {"low", "high", "match"}
        Whether low values, high values, or values equal to the reference are ideal.
    upper_bound : float
        Largest possible value.
    description : str
        One line.
    """

    label: str
    unit: str
    ideal: str
    upper_bound: float
    description: str


@dataclass(frozen=True)
class Metric:
    """Value of a metric for one sample; see :mod:`confdiff_widgets.analysis.comparison`.

    Attributes
    ----------
    key : str
        Key in `METRICS`.
    info : MetricInfo
    value : float
        Value of the sample.
    reference : float
        Value of the whole reference; 0 for a distance to the reference.
    baseline_mean, baseline_sd : float
        Sampling baseline: expected value of an independent perfect sampler, and sd over draws.
    single_structure : float
        Single-structure baseline: value of the folded structure, repeated.
    low, high : float
        95 % interval of `value`.
    finite_samples, reference_error : float or None
        Parts of the sampling baseline of a distance as squares, which add.
    excess, excess_low, excess_high : float or None
        Root of the squared distance less that of the baseline, and its 95 % interval; 0 where the
        difference is negative.
    """

    key: str
    info: MetricInfo
    value: float
    reference: float
    baseline_mean: float
    baseline_sd: float
    single_structure: float
    low: float
    high: float
    finite_samples: float | None = None
    reference_error: float | None = None
    excess: float | None = None
    excess_low: float | None = None
    excess_high: float | None = None

    about = RenamedAttribute("info")
    floor_mean = RenamedAttribute("baseline_mean")
    floor_sd = RenamedAttribute("baseline_sd")
    static = RenamedAttribute("single_structure")


STORED_KEYS = {
    "ideal": "good",
    "baseline_mean": "floor_mean",
    "baseline_sd": "floor_sd",
    "single_structure": "static",
    "baseline_draws": "n_floor",
    "baseline_frames": "floor_frames",
    "finite_samples": "floor_finite",
    "reference_error": "floor_reference",
    "baseline_recovery": "recovery_floor",
    "single_structure_recovery": "recovery_static",
}
"""Keys of the JSON and CSV files of evaluations where they differ from names in the code."""


def stored_key(name: str) -> str:
    """Return the key under which the files of evaluations store a quantity."""
    return STORED_KEYS.get(name, name)


def _js(label: str, of: str) -> MetricInfo:
    return MetricInfo(label, "", "low", _JS_MAX, f"Jensen–Shannon distance of {of}")


METRICS = {
    "js_pwd": _js("JS-PwD", "CA–CA distances with |i - j| ≥ 3, mean over pairs"),
    "js_rg": _js("JS-Rg", "the radius of gyration"),
    "js_tic": _js("JS-TIC", "TICs 1 and 2, mean of the marginal distributions"),
    "js_tic2d": _js("JS-TIC2D", "the joint distribution of TICs 1 and 2"),
    "outside": MetricInfo(
        "Outside", "fraction", "low", 1.0, "CA–CA distances beyond the range of the reference"
    ),
    "folded": MetricInfo("Folded", "fraction", "match", 1.0, "frames near the folded structure"),
    "val_clash": MetricInfo(
        "Val-clash (CA)", "fraction", "high", 1.0, "frames without CA pairs < 3.0 Å"
    ),
    "val_bond": MetricInfo(
        "Val-bond (CA)", "fraction", "high", 1.0, "frames without CA–CA bonds > 4.2 Å"
    ),
    "val_backbone": MetricInfo(
        "Val-backbone (N, CA, C, O)",
        "fraction",
        "high",
        1.0,
        "frames without backbone atoms of residues with |i - j| ≥ 2 < 2.5 Å apart",
    ),
    "pairwise_rmsd": MetricInfo(
        "Pairwise RMSD", "Å", "match", inf, "mean CA-RMSD between frames after superposition"
    ),
    "pairwise_tm": MetricInfo(
        "Pairwise TM", "", "match", 1.0, "mean TM-score between frames, over random pairs"
    ),
    "contact_rmse": MetricInfo(
        "Contact RMSE", "", "low", 1.0, "root mean square difference of contact rates over pairs"
    ),
    "rmsf_difference": MetricInfo(
        "RMSF difference", "Å", "low", inf, "root mean square difference of the RMSF over residues"
    ),
    "js_rg_residue": _js("JS-Rg (published code)", "each residue's distance to the centre, mean"),
    "contact_rmse_sum": MetricInfo(
        "Contact RMSE (published code)", "", "low", inf, "contact RMSE with the sum over pairs"
    ),
}
"""Metrics by key, in the order of the tables. "Published code" is that of CONFDIFF."""
