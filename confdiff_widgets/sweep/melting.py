"""Melting curves of a sweep over the temperature, with that of the reference beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis import Interval, MeltingCurve, sampled_curve, sampled_point
from ..analysis.intervals import student_quantile
from ..proteins.melting import reference_melting
from ..proteins.system import System
from .cell import Cell
from .job import SweepJob
from .store import StoredCell, SweepStore

MEDIAN_ERROR = (np.pi / 2) ** 0.5
"""Standard error of the median of normal values, in units of that of their mean."""


@dataclass(frozen=True)
class SweepMelting:
    """Melting curve of the cells of one protein and γ.

    Attributes
    ----------
    system : System
    gamma : float
    samples : MeltingCurve
        The energy is the median of the OpenMM energies after minimisation, kcal/mol.
    simulated : MeltingCurve or None
        The reference at the temperatures of its replica exchange; None without a reference. The
        energy is the potential energy without minimisation, kcal/mol.
    simulated_there : MeltingCurve or None
        The reference at those temperatures of the samples that it covers.
    """

    system: System
    gamma: float
    samples: MeltingCurve
    simulated: MeltingCurve | None
    simulated_there: MeltingCurve | None

    @property
    def definition(self) -> str:
        """What counts as folded, and what the temperature is where γ is not 1."""
        protein = self.system.protein
        text = "No folded structure is known, so there is no folded fraction."
        if protein is not None:
            text = f"Folded: CA-RMSD < {protein.folded_cutoff:g} Å to the folded structure."
        if self.gamma != 1:
            text += f" At γ = {self.gamma:g}, the temperature is approximate."
        return text

    def sentences(self) -> list[str]:
        """Return T_m and ΔH (ΔCp = 0) of the samples and of the reference, with 95 % intervals."""
        found = [f"Samples, γ {self.gamma:g}: {self.samples.fit.describe()}"]
        if self.simulated is not None:
            found.append(f"Molecular dynamics: {self.simulated.fit.describe()}")
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each point: samples, and the reference at its own temperatures."""
        name, curves = self.system.name, {"samples": self.samples}
        if self.simulated is not None:
            curves["molecular dynamics"] = self.simulated
        return [
            {"protein": name, "source": source, "gamma": gamma, **point.row()}
            for (source, curve), gamma in zip(curves.items(), (self.gamma, None), strict=False)
            for point in curve.points
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers for JSON."""
        curves = {"samples": self.samples, "molecular_dynamics": self.simulated}
        return {
            "protein": self.system.name,
            "sequence": self.system.sequence,
            "gamma": self.gamma,
            "definition": self.definition,
            "energy": {
                "samples": "median OpenMM energy after minimisation, kcal/mol",
                "molecular_dynamics": "mean potential energy without minimisation, kcal/mol",
            },
            "curves": {
                source: {
                    "t_m_k": _interval(curve.fit.melting),
                    "enthalpy_kj_mol": _interval(curve.fit.enthalpy),
                    "remark": curve.fit.remark,
                    "points": [point.row() for point in curve.points],
                }
                for source, curve in curves.items()
                if curve is not None
            },
        }


class MeltingCurves:
    """Computes the melting curves of a sweep; conformers are read once.

    Parameters
    ----------
    store : SweepStore
    job : SweepJob
    """

    def __init__(self, store: SweepStore, job: SweepJob):
        self._store, self._job = store, job
        self._ca: dict[str, NDArray[np.float32]] = {}

    def __call__(
        self, cells: Mapping[str, Cell], rows: Mapping[str, StoredCell]
    ) -> list[SweepMelting]:
        """Return the curves by protein and γ, of those with two temperatures or more.

        Cells that differ in other settings, such as the seed, are pooled.

        Parameters
        ----------
        cells : dict of str to Cell
            Requested cells by key.
        rows : dict of str to StoredCell
            Stored cells by key.

        Raises
        ------
        SweepStoreError
            If the conformers of a cell cannot be read.
        """
        groups: dict[tuple[str, float], dict[float, list[StoredCell]]] = {}
        for key, cell in cells.items():
            if cell.temperature is not None and key in rows and not rows[key].reason:
                curve = groups.setdefault((cell.protein, float(cell.axis("gamma"))), {})
                curve.setdefault(cell.temperature, []).append(rows[key])
        found = (self._curve(*group, points) for group, points in groups.items())
        return [curve for curve in found if curve is not None]

    def _curve(
        self, name: str, gamma: float, stored: Mapping[float, Sequence[StoredCell]]
    ) -> SweepMelting | None:
        system = self._job.system(name)
        protein, folded = system.protein, system.folded
        points = []
        for kelvin, some in stored.items():
            ca = np.concatenate([self._conformers(one.key) for one in some])
            if len(ca) > 1:
                ca_folded = None if folded is None else folded[:, 1]
                cutoff = 2.0 if protein is None else protein.folded_cutoff
                points.append(
                    sampled_point(kelvin, ca, ca_folded, cutoff=cutoff, energy=_median(some))
                )
        if len(points) < 2:
            return None
        simulated = there = None
        if protein is not None:
            simulated = reference_melting(protein)
            covered = tuple(sorted(filter(protein.reference().covers, stored)))
            there = reference_melting(protein, covered) if covered else None
        return SweepMelting(system, gamma, sampled_curve(points), simulated, there)

    def _conformers(self, key: str) -> NDArray[np.float32]:
        if key not in self._ca:
            self._ca[key] = self._store.ensemble(key).ca
        return self._ca[key]


def melting_csv(curves: Sequence[SweepMelting]) -> str:
    """Return the points of melting curves as CSV; unknown values are empty."""
    text = io.StringIO()
    rows = [row for curve in curves for row in curve.rows()]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _median(cells: Sequence[StoredCell]) -> Interval | None:
    """Return the mean of the median energies of cells, with its interval."""
    metrics = [cell.metrics for cell in cells if "energy" in cell.metrics]
    if not metrics:
        return None
    return median_interval(
        *([one[key] for one in metrics] for key in ("energy", "energy_sd", "energies"))
    )


def median_interval(
    medians: Sequence[float], sds: Sequence[float], counts: Sequence[float]
) -> Interval:
    """Return the mean of medians of normal values with its interval.

    Parameters
    ----------
    medians, sds, counts : sequence of float
        Median, robust standard deviation and number of the values of each set.
    """
    value = float(np.mean(medians))
    squares = sum((MEDIAN_ERROR * sd) ** 2 / n for sd, n in zip(sds, counts, strict=True))
    quantile = student_quantile(max(int(sum(counts)) - len(counts), 1))
    half = quantile * squares**0.5 / len(medians)
    return Interval(value, value - half, value + half)


def _interval(interval: Interval | None) -> dict[str, float | None] | None:
    return None if interval is None else interval.to_dict()
