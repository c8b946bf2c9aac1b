"""The metrics of a comparison: their names, units and what is good."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt

_JS_MAX = sqrt(log(2.0))


@dataclass(frozen=True)
class About:
    """What a metric is.

    Attributes
    ----------
    label : str
        Its name in a table.
    unit : str
        "Å", "fraction", or empty.
    good : {"low", "high", "match"}
        Low, high, or equal to the reference's own value.
    largest : float
        Its upper bound.
    meaning : str
        One line.
    """

    label: str
    unit: str
    good: str
    largest: float
    meaning: str


@dataclass(frozen=True)
class Metric:
    """One metric of one comparison; see the head of `report` for each number.

    Attributes
    ----------
    key : str
    about : About
    value : float
        Of the sample.
    reference : float
        Of the whole reference; 0 for a distance to it.
    floor_mean, floor_sd : float
        Of draws from the reference.
    static : float
        Of the folded structure repeated.
    low, high : float
        95 % interval of `value`.
    """

    key: str
    about: About
    value: float
    reference: float
    floor_mean: float
    floor_sd: float
    static: float
    low: float
    high: float


def _js(label: str, what: str) -> About:
    return About(label, "", "low", _JS_MAX, f"Jensen–Shannon distance of {what}")


METRICS = {
    "js_pwd": _js("JS-PwD", "CA–CA distances with |i - j| ≥ 3, mean over pairs"),
    "js_rg": _js("JS-Rg", "the radius of gyration"),
    "js_tic": _js("JS-TIC", "TICs 1 and 2, mean of the marginals"),
    "js_tic2d": _js("JS-TIC2D", "TICs 1 and 2 together"),
    "outside": About(
        "Outside", "fraction", "low", 1.0, "CA distances beyond the reference's range"
    ),
    "folded": About("Folded", "fraction", "match", 1.0, "frames near the folded structure"),
    "val_clash": About("Val-clash", "fraction", "high", 1.0, "frames with no CA pair < 3.0 Å"),
    "val_bond": About("Val-bond", "fraction", "high", 1.0, "frames with no CA–CA bond > 4.2 Å"),
    "pairwise_rmsd": About(
        "Pairwise RMSD", "Å", "match", inf, "mean CA-RMSD between frames, superposed"
    ),
    "pairwise_tm": About(
        "Pairwise TM", "", "match", 1.0, "mean TM-score between frames, of some random pairs"
    ),
    "contact_rmse": About(
        "Contact RMSE", "", "low", 1.0, "root mean square over pairs of contact rate - reference"
    ),
    "rmsf_difference": About(
        "RMSF difference", "Å", "low", inf, "root mean square over residues of RMSF - reference"
    ),
    "js_rg_residue": _js("JS-Rg, released", "each residue's distance to the centre, mean"),
    "contact_rmse_sum": About(
        "Contact RMSE, released", "", "low", inf, "the same with a sum over pairs, not the mean"
    ),
}
"""By key, in the order of the tables. "Released" are the published code's definitions."""
