"""Coverage of every 95 % interval and bias of the baselines, on synthetic data of known truth.

    python benchmarks/coverage.py [--repeats N]

Writes benchmarks/results/coverage.{md,json}. Conformers are those of a chain of eight residues with
two states; a reference has 16 trajectories that switch between the states, so that its folded
fraction has an error of its own. Both are drawn from one pool, whose divergences are known exactly.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from _report import publish
from numpy.typing import NDArray

from confdiff_widgets.analysis import (
    compare,
    fit_tica,
    js_excess,
    simulated_curve,
    state_recovery,
    trajectory_groups,
    two_state_fit,
)
from confdiff_widgets.analysis.intervals import mean_interval, wilson_interval
from confdiff_widgets.analysis.metric_evaluator import MetricEvaluator, squares, total
from confdiff_widgets.analysis.metrics import METRICS
from confdiff_widgets.analysis.two_state import folded_fraction
from confdiff_widgets.sweep.melting import median_interval

POOL = 5000
LENGTH = 8
TRAJECTORIES, FRAMES, RELAXATION = 16, 60, 12
CUTOFF = 2.0
ALLOWED = (0.90, 0.99)
KELVIN = np.linspace(300, 450, 8)

Rng = np.random.Generator


class Chain:
    """A pool of folded and unfolded conformers, and draws from it."""

    def __init__(self) -> None:
        rng, i = np.random.default_rng(0), np.arange(LENGTH)
        folded = np.stack([2.3 * np.cos(1.745 * i), 2.3 * np.sin(1.745 * i), 1.5 * i], -1)
        extended = np.stack([3.3 * i, 1.2 * (-1.0) ** i, 0.0 * i], -1)
        self.folded = folded
        self.pool = np.concatenate([
            base + rng.normal(0, sd, (POOL, LENGTH, 3)).cumsum(1)
            + rng.normal(0, 0.15, (POOL, LENGTH, 3))
            for base, sd in ((folded, 0.27), (extended, 0.54))
        ])  # fmt: skip

    def sample(self, rng: Rng, count: int, folded: float) -> NDArray:
        """Draw independent conformers with a folded fraction."""
        unfolded = rng.random(count) >= folded
        return self.pool[rng.integers(POOL, size=count) + POOL * unfolded]

    def reference(self, rng: Rng, folded: float) -> tuple[NDArray, NDArray]:
        """Draw trajectories that switch between the states; return them with their numbers."""
        state = rng.random(TRAJECTORIES) < folded
        states = []
        for _ in range(FRAMES):
            drawn = rng.random(TRAJECTORIES) < 1 - np.exp(-1 / RELAXATION)
            state = np.where(drawn, rng.random(TRAJECTORIES) < folded, state)
            states.append(state)
        unfolded = ~np.array(states).T.ravel()
        frames = self.pool[rng.integers(POOL, size=unfolded.size) + POOL * unfolded]
        return frames, np.repeat(np.arange(TRAJECTORIES), FRAMES)

    def frames(self, folded: float) -> NDArray:
        """Return indices that represent a folded fraction, a multiple of 0.05, exactly."""
        times = round(20 * folded)
        first = np.arange(POOL)
        return np.concatenate([np.repeat(first, times), np.repeat(first + POOL, 20 - times)])

    def distances(self, reference: NDArray, tica, folded: float, of: float) -> dict[str, float]:
        """Return the exact squared distances of two folded fractions on the bins of a reference."""
        evaluator = MetricEvaluator(
            reference, self.folded, tica, folded_cutoff=CUTOFF, n_bins=50, outside="drop",
            max_pairs=2,
        )  # fmt: skip
        draws = [self.frames(folded), self.frames(of)]
        found = evaluator.statistics(self.pool, draws, np.random.default_rng(0), 0)
        squared = squares(found[:1], found[1:])
        return {key: float(total(key, one)[0]) for key, one in squared.items()}


class Tally:
    """Counts how often intervals contain the truth."""

    def __init__(self) -> None:
        self._covered: dict[str, list[bool]] = {}
        self._squares: dict[str, list[tuple[float, float]]] = {}

    def interval(self, name: str, low: float, high: float, truth: float) -> None:
        self._covered.setdefault(name, []).append(bool(low <= truth + 1e-9 and truth <= high))

    def baseline(self, name: str, squared: float, baseline: float) -> None:
        self._squares.setdefault(name, []).append((squared, baseline))

    def rows(self, about: str) -> Iterator[dict]:
        for name, covered in self._covered.items():
            share = float(np.mean(covered))
            error = (share * (1 - share) / len(covered)) ** 0.5
            row = {
                "interval of": name,
                "data": about,
                "coverage": round(share, 3),
                "±": round(error, 3),
                "repeats": len(covered),
                "baseline / expected": "–",
            }
            if name in self._squares:
                squared, baseline = np.mean(self._squares[name], axis=0)
                row["baseline / expected"] = f"{(baseline / squared) ** 0.5:.3f}"
            yield row


def excesses(chain: Chain, count: int, folded: float, of: float, repeats: int) -> Iterator[dict]:
    """Vary sample and reference: the excess, and the baseline of a perfect sampler."""
    rng, tally, tica = np.random.default_rng(1), Tally(), None
    for seed in range(repeats):
        reference, trajectory = chain.reference(rng, of)
        tica = tica or _tica(reference)
        sample = chain.sample(rng, count, folded)
        found = compare(
            sample, reference, folded=chain.folded, tica=tica, trajectory=trajectory,
            n_bootstrap=2, max_pairs=2, seed=seed,
        )  # fmt: skip
        for key, truth in chain.distances(reference, tica, folded, of).items():
            m, name = found[key], f"{METRICS[key].label}, excess"
            if m.excess is None:
                continue
            tally.interval(name, m.excess_low, m.excess_high, truth**0.5)
            if folded == of:
                tally.baseline(name, m.value**2, m.baseline_mean**2)
        angles = [_angles(one) for one in (sample, reference)]
        one = js_excess(*angles, trajectory_groups(trajectory), trajectory=trajectory, seed=seed)
        if folded == of:
            tally.interval("CA angles (js_excess), excess", *one.interval, 0.0)
            tally.baseline("CA angles (js_excess), excess", one.divergence, one.baseline)
    yield from tally.rows(_about(count, folded, of))


def values(chain: Chain, count: int, folded: float, of: float, repeats: int) -> Iterator[dict]:
    """Vary the sample against one reference: the metrics, against their mean over samples."""
    rng, tally = np.random.default_rng(2), Tally()
    reference, trajectory = chain.reference(rng, of)
    options = {"folded": chain.folded, "tica": _tica(reference), "trajectory": trajectory}
    found = [
        compare(chain.sample(rng, count, folded), reference, max_pairs=2000, seed=k, **options)
        for k in range(repeats)
    ]
    for key, first in ((m.key, m) for m in found[0]):
        expected = np.mean([one[key].value for one in found])
        for one in found:
            tally.interval(first.info.label, one[key].low, one[key].high, expected)
    yield from tally.rows(_about(count, folded, of))


def recoveries(chain: Chain, repeats: int) -> Iterator[dict]:
    """Best RMSDs, RMSDens and coverage of two states in and one beyond the ensemble."""
    rng, tally = np.random.default_rng(3), Tally()
    states = np.stack([chain.folded, chain.pool[POOL + 7], 1.25 * chain.pool[POOL + 9]])
    found = [state_recovery(chain.sample(rng, 200, 0.3), states, n_subsets=2)
             for _ in range(repeats)]  # fmt: skip
    best = np.mean([one.best[-1] for one in found], axis=0)
    for one in found:
        bounds = one.intervals()
        tally.interval("RMSDens", *bounds["rmsd_ens"], best.mean())
        tally.interval("coverage of states", *bounds["coverage"], (best < one.cutoff).mean())
        for (low, high), truth in zip(bounds["best"], best, strict=True):
            tally.interval("best RMSD to a state", low, high, truth)
    yield from tally.rows("200 samples, three states")


def averages(repeats: int) -> Iterator[dict]:
    """Averages and fits of melting curves of independent conformers."""
    rng, tally = np.random.default_rng(4), Tally()
    for fraction in (0.01, 0.1, 0.5):
        for _ in range(repeats):
            _, *ends = wilson_interval(rng.binomial(200, fraction) / 200, 200)
            tally.interval(f"folded fraction {fraction:g} (Wilson)", *ends, fraction)
    for _ in range(repeats):
        tally.interval("mean Rg", *mean_interval(rng.gamma(20, 0.5, 30))[1:], 10.0)
        energies = rng.normal(-200, 12, 32)
        tally.interval("median energy of a cell", *_median(energies), -200.0)
        curve = folded_fraction(KELVIN, 360, 90)
        fit = two_state_fit(KELVIN, rng.binomial(200, curve) / 200, np.full(len(KELVIN), 200))
        if fit.melting is not None and fit.enthalpy is not None:
            tally.interval("T_m", *fit.melting[1:], 360)
            tally.interval("ΔH", *fit.enthalpy[1:], 90)
    yield from tally.rows("independent conformers")


def simulations(repeats: int) -> Iterator[dict]:
    """Averages and fits of simulations whose replicas switch between two states."""
    rng, tally = np.random.default_rng(5), Tally()
    replicas, frames, kelvin = 16, 400, KELVIN[::2]
    truth = folded_fraction(kelvin, 360, 90)
    at = np.repeat(np.arange(len(kelvin)), replicas // len(kelvin))
    time, replica = np.tile(np.arange(frames), replicas), np.repeat(np.arange(replicas), frames)
    temperature = kelvin[np.repeat(at, frames)]
    for _ in range(repeats):
        state = np.empty((replicas, frames), bool)
        state[:, 0] = rng.random(replicas) < truth[at]
        drawn, target = rng.random((2, replicas, frames))
        for k in range(1, frames):
            fresh = target[:, k] < truth[at]
            state[:, k] = np.where(drawn[:, k] < 0.1, fresh, state[:, k - 1])
        folded = state.ravel()
        rg = 6 - folded + rng.normal(0, 0.4, folded.size)
        curve = simulated_curve(
            kelvin, lambda k: (temperature == k).astype(float), folded=folded, rg=rg,
            energy=-rg, time=time, replica=replica,
        )  # fmt: skip
        for point, fraction in zip(curve.points, truth, strict=True):
            assert point.folded is not None
            tally.interval(f"folded fraction {fraction:.2f} (blocks)", *point.folded[1:], fraction)
            tally.interval("Rg (blocks)", *point.rg[1:], 6 - fraction)
        if curve.fit.melting is not None and curve.fit.enthalpy is not None:
            tally.interval("T_m (blocks)", *curve.fit.melting[1:], 360)
            tally.interval("ΔH (blocks)", *curve.fit.enthalpy[1:], 90)
    yield from tally.rows("replicas that switch between states")


def _angles(ca: NDArray) -> NDArray:
    """Return the angles of neighbouring CA–CA vectors, degrees (N, L - 2)."""
    step = np.diff(ca, axis=1)
    step /= np.linalg.norm(step, axis=-1, keepdims=True)
    return np.degrees(np.arccos(np.clip((step[:, 1:] * step[:, :-1]).sum(-1), -1, 1)))


def _median(energies: NDArray) -> tuple[float, float]:
    middle = float(np.median(energies))
    sd = 1.4826 * float(np.median(np.abs(energies - middle)))
    return median_interval([middle], [sd], [len(energies)])[1:]


def _tica(reference: NDArray):
    parts = list(reference.reshape(TRAJECTORIES, FRAMES, LENGTH, 3))
    return fit_tica(parts, lag_ps=20.0, frame_ps=20.0)


def _about(count: int, folded: float, of: float) -> str:
    return f"N = {count}, folded {folded:g}, reference {of:g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    chain = Chain()
    rows = [
        *averages(10 * repeats),
        *simulations(repeats),
        *recoveries(chain, 2 * repeats),
        *values(chain, 300, 0.4, 0.4, repeats),
        *values(chain, 300, 0.7, 0.4, repeats),
        *excesses(chain, 400, 0.4, 0.4, repeats),
        *excesses(chain, 400, 0.7, 0.4, repeats),
    ]
    publish("coverage", rows, about(rows))


def about(rows: list[dict]) -> str:
    """Describe the table, and name what is outside of the range beyond two standard errors."""
    low, high = ALLOWED
    found = {"below": [], "above": []}
    for row in rows:
        share, count = row["coverage"], row["repeats"]
        name = f"{row['interval of']} ({row['data']})"
        if share < low - 2 * (low * (1 - low) / count) ** 0.5:
            found["below"].append(name)
        if share > high + 2 * (high * (1 - high) / count) ** 0.5:
            found["above"].append(name)
    return (
        "Share of 95 % intervals that contain the truth, and the sampling baseline of a perfect "
        "sampler in units of the root mean square of what it scores. Intervals of metrics are "
        "those of samples of the same size against the same reference; those of an excess hold "
        f"for any reference. Below {low} beyond two standard errors: "
        f"{'; '.join(found['below']) or 'none'}. Above {high}: "
        f"{'; '.join(found['above']) or 'none'}."
    )


if __name__ == "__main__":
    main()
