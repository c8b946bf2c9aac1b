"""The energies of a run: estimates of the surrogate in every step, and OpenMM's as they arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...live.branch import Branch
from ...live.energies import MAX_T
from ...live.frame import Frame
from ...physics.surrogate import SurrogateError
from ...proteins.minimised_energies import EnergyBand
from .curve_lines import Line, lines_of_values

ESTIMATE = "— estimate"
"""Begins the note of energies with a line of estimates."""

MARGIN = 0.06
"""Space above and below the energies, as a fraction of their range."""

SPREADS = 3.0
"""How many times the distance of the lowest median from the lowest energy the axis is higher."""

MIN_RANGE = 40.0
"""Smallest range of the axis, kcal/mol."""


def energy_lines(branches: Sequence[Branch], frame: Frame | None) -> tuple[list[Line], str]:
    """Return OpenMM's energies as points, the estimates as lines, and a note with the counter."""
    points = [line for number in range(len(branches)) for line in _points(branches, number)]
    estimates = lines_of_values(branches, lambda step: step.energy, "estimated energy")
    if not estimates:
        points += _means(branches)
    return points + estimates, _note(branches[0], frame, estimated=bool(estimates))


def energy_range(
    branches: Sequence[Branch], band: EnergyBand | None = None
) -> tuple[float, float] | None:
    """Return the lowest and highest energy of the axis; None without energies.

    Energies of early predictions are those of clashing atoms, thousands of kcal/mol above the
    others, so the axis ends a few spreads above the lowest estimates and the result, and what is
    above is marked.
    """
    batches = [np.zeros(0)]
    for branch in branches:
        values = [step.energy for step in branch.values.copy().values() if step.energy is not None]
        batches += [np.asarray(v, dtype=np.float64) for v in values]
        batches += [v[np.isfinite(v)] for v in branch.openmm.copy().values()]
    energies = np.concatenate(batches)
    ends = [] if band is None else [band.mean - band.sd, band.mean + band.sd]
    if not len(energies) and not ends:
        return None
    everything = np.concatenate([energies, ends])
    low = float(everything.min())
    medians = [np.median(batch) for batch in batches if len(batch)]
    best = min(medians, default=ends[-1] if ends else low)
    high = max([best + SPREADS * (best - low), low + MIN_RANGE, *ends])
    high = min(high, max(float(everything.max()), low + MIN_RANGE))
    for branch in branches:
        result = branch.openmm.get(branch.steps, np.zeros(0))
        result = result[np.isfinite(result)]
        if len(result):  # most of a result is on the axis, without its clashes
            middle = float(np.median(result))
            high = max(high, min(float(result.max()), middle + SPREADS * (middle - low)))
    margin = MARGIN * (high - low)
    return low - margin, high + margin


def beyond_axis(line: Line, top: float) -> tuple[Line, Line | None]:
    """Split points into those on the axis and those above it, which are marked at its end."""
    y = np.asarray(line.y, dtype=np.float64)
    above = y > top
    if not line.markers or not above.any():
        return line, None
    x, conformers = np.asarray(line.x), line.conformers
    inside = Line(
        x[~above], y[~above], line.branch, name=line.name, markers=True,
        conformers=None if conformers is None else conformers[~above],
    )  # fmt: skip
    marked = Line(
        x[above], np.full(int(above.sum()), top), line.branch, name=f"{line.name}, beyond the axis",
        markers=True, symbol="triangle-up", values=y[above],
    )  # fmt: skip
    return inside, marked


def about_energy(errors: Sequence[SurrogateError], band: EnergyBand | None) -> str:
    """Explain the plot of the energies.

    Parameters
    ----------
    errors : sequence of SurrogateError
        Held-out errors of the surrogate; empty without one.
    band : EnergyBand or None
    """
    text = (
        "Potential energy U (kcal/mol; ff14SB, GBn2) of the predictions x̂₀ after a restrained "
        f"minimisation. Points are OpenMM's energies: one conformer each, for t ≤ {MAX_T:g}, as "
        "the lowest priority; triangles mark points above the axis. The counter shows how many of "
        "the frame are done. "
    )
    if errors:
        text += (
            "The line is an estimate of a small network, in every step: the mean over the batch, "
            "with its middle 80 % between dotted lines. It is trained on OpenMM energies. Mean "
            "(median) absolute error and rank correlation on held-out predictions: "
            + "; ".join(
                f"{e.mae:.0f} ({e.median:.0f}) kcal/mol, {e.spearman:.2f} for t {e.low:g} to "
                f"{e.high:g}"
                for e in errors
            )
            + ". "
        )
    else:
        text += "There is no estimate for these networks and this sequence, so OpenMM is alone. "
    if band is not None:
        text += (
            f"The band is the mean ± standard deviation of MD frames at {band.temperature:.0f} K, "
            f"minimised in the same way ({band.frames:.0f} effective frames). "
        )
    return text + (
        "U is a different quantity from E_t, the learned energy that guidance uses. A compared "
        "sequence is another molecule, so its energies are not drawn."
    )


def band_note(band: EnergyBand) -> str:
    """Return what the band is, for figures and pages that have no help."""
    return f"MD at {band.temperature:.0f} K in grey (mean ± sd)"


def _points(branches: Sequence[Branch], number: int) -> list[Line]:
    branch = branches[number]
    points = [
        (step, energies[i], i)
        for step, energies in sorted(branch.openmm.copy().items())
        for i in np.flatnonzero(np.isfinite(energies))
    ]
    if not points:
        return []
    x, y, conformers = np.array(points, dtype=np.float64).T
    name = f"{branch.title}: OpenMM"
    return [Line(x, y, number, name=name, markers=True, conformers=conformers.astype(np.int64))]


def _means(branches: Sequence[Branch]) -> list[Line]:
    lines = []
    for number, branch in enumerate(branches):
        means = {
            step: float(energies[np.isfinite(energies)].mean())
            for step, energies in sorted(branch.openmm.copy().items())
            if np.isfinite(energies).any()
        }
        if means:
            name = f"{branch.title}: OpenMM, mean"
            lines.append(Line(list(means), list(means.values()), number, name=name))
    return lines


def _note(branch: Branch, frame: Frame | None, *, estimated: bool) -> str:
    """Return the parts of the legend, with the counter of the frame or of the newest energies."""
    openmm = branch.openmm.copy()
    step = frame.step if frame is not None and frame.step in openmm else max(openmm, default=None)
    counter = f"OpenMM for t ≤ {MAX_T:g}"
    if step is not None:
        energies = openmm[step]
        failed = int(np.isinf(energies).sum())
        counter = f"● OpenMM {int((~np.isnan(energies)).sum())}/{len(energies)}"
        counter += f" ({failed} failed)" if failed else ""
    if estimated:
        return f"{ESTIMATE}, {counter}"
    return f"{counter}, no estimate" if branch.values else counter
