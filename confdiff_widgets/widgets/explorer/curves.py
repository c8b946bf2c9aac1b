"""The curves of the plots: the views, their axes and their lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ...analysis import local_geometry
from ...live.branch import Branch
from ...live.frame import Frame
from ...proteins.minimised_energies import EnergyBand
from .curve_lines import MAX_POINTS, QUANTILES, Line, lines_of_values
from .energy_curve import energy_lines, energy_range

NO_FOLDED = "the folded structure of this sequence is unknown"

ANGLES = (-180.0, 180.0)
"""Range of torsions, degrees."""

MAX_TORSIONS = 1000
"""Maximum number of points of a Ramachandran plot; the first conformers are shown."""

MIN_LINE = 3
"""Number of points from which a score is drawn as a line."""


@dataclass(frozen=True)
class CurveView:
    """One kind of plot: its axes, and its lines.

    The title of the y axis is drawn above the plot, because the plots are not high enough to
    write it next to the axis.

    Attributes
    ----------
    title, x, y : str
        Titles of the tab and of the axes.
    lines : callable
        ``lines(branches, frame)`` returns the lines and a note for the title.
    log : bool
        Logarithmic y axis.
    range : callable, optional
        ``range(branches, band)`` returns the ends of the y axis. Default: it fits the lines.
    against : {"step", "t", "residue", "angle"}
        Quantity on the x axis.
    """

    title: str
    x: str
    y: str
    lines: Callable[[Sequence[Branch], Frame | None], tuple[list[Line], str]]
    log: bool = False
    range: Callable[[Sequence[Branch], EnergyBand | None], tuple[float, float] | None] | None = None
    against: Literal["step", "t", "residue", "angle"] = "step"

    def span(self, branches: Sequence[Branch]) -> tuple[float, float] | None:
        """Return the left and right end of the x axis; None fits it to the lines."""
        if self.against == "step":
            steps = max(branch.steps for branch in branches)
            return -0.02 * steps, 1.02 * steps
        if self.against == "angle":
            return ANGLES
        return (branches[0].config.t_start, -0.02) if self.against == "t" else None

    def x_of(self, frame: Frame) -> float | None:
        """Return the place of a frame on the x axis; None if it has none."""
        return {"step": float(frame.step), "t": frame.t}.get(self.against)


def _against_step(
    branches: Sequence[Branch],
    value: Callable[[Frame], float | None],
    name: str,
    dash: str = "solid",
    width: float = 2.0,
    *,
    t: bool = False,
) -> list[Line]:
    """Return a line for each branch, against the step or the t at which scores were evaluated."""
    lines = []
    for number, branch in enumerate(branches):
        frames = branch.in_order()
        frames = frames[:: max(1, len(frames) // MAX_POINTS)]
        times = branch.times if t else None
        points = [(f.step if times is None else times[max(f.step - 1, 0)], value(f))
                  for f in frames]  # fmt: skip
        known = np.array([(s, v) for s, v in points if v is not None], dtype=np.float32)
        if len(known):
            x, y = known.T
            lines.append(Line(x, y, number, dash, width, f"{branch.title}: {name}"))
    return lines


def _spread(branch: Branch, values: Callable[[Frame], ArrayLike | None], name: str) -> list[Line]:
    """Return the lines of the 10 % and 90 % quantiles over the conformers."""

    def value_of(quantile: float) -> Callable[[Frame], float | None]:
        def value(frame: Frame) -> float | None:
            batch = values(frame)
            return None if batch is None else float(np.quantile(np.asarray(batch), quantile))

        return value

    return [
        line
        for quantile in QUANTILES
        for line in _against_step(
            [branch], value_of(quantile), f"{name}, {quantile:.0%} quantile", "dot", 1
        )
    ]


def _mean(values: Callable[[Frame], ArrayLike | None]) -> Callable[[Frame], float | None]:
    def value(frame: Frame) -> float | None:
        batch = values(frame)
        return None if batch is None else float(np.mean(np.asarray(batch)))

    return value


def _diversity(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    return _against_step(branches, lambda f: f.diversity, "mean pairwise RMSD"), ""


def _radius(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    lines = _against_step(branches, _mean(lambda f: f.radius), "mean Rg")
    return lines + _spread(branches[0], lambda f: f.radius, "Rg"), ""


def _rmsf(branches: Sequence[Branch], frame: Frame | None) -> tuple[list[Line], str]:
    lines = []
    for number, branch in enumerate(branches):
        shown = frame if number == 0 else branch.last
        if shown is not None and shown.rmsf is not None:
            x = np.arange(1, len(shown.rmsf) + 1, dtype=np.float32)
            lines.append(Line(x, shown.rmsf, number, name=f"{branch.title}: RMSF"))
    return lines, ""


def _rmsd(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    lines = lines_of_values(branches, lambda step: step.rmsd, "RMSD")
    return lines, "" if lines else NO_FOLDED


def _contacts(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    lines = lines_of_values(branches, lambda step: step.contacts, "fraction")
    return lines, "" if lines else NO_FOLDED


def _force(branches: Sequence[Branch], frame: Frame | None) -> tuple[list[Line], str]:
    lines = []
    for number, branch in enumerate(branches):
        shown = frame if number == 0 else branch.last
        force = None if shown is None else shown.force
        if force is None:
            continue
        size = np.linalg.norm(force, axis=-1)
        x = np.arange(1, size.shape[1] + 1, dtype=np.float32)
        lines.append(Line(x, size.mean(axis=0), number, name=f"{branch.title}: mean |force|"))
        if number == 0:
            for quantile in QUANTILES:
                name = f"{branch.title}: |force|, {quantile:.0%} quantile"
                y = np.quantile(size, quantile, axis=0)
                lines.append(Line(x, y, number, "dot", 1, name))
    return lines, "" if lines else "with physical guidance, in drawn frames"


def _scores(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    dashes = {
        "total": "solid",
        "conditional": "dash",
        "unconditional": "dot",
        "physical": "dashdot",
    }
    lines = []
    for part, dash in dashes.items():

        def size(frame: Frame, part: str = part) -> float | None:
            return None if frame.scores is None else frame.scores.get(part)

        for line in _against_step(branches[:1], size, part, dash, t=True):
            # that of temperature guidance is known for the frames that were drawn, maybe only one
            lines.append(replace(line, markers=np.size(line.x) < MIN_LINE))
    key = "total —, cond. – –, uncond. ···, physical –·–"
    return lines, key if lines else ""


def _learned(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    lines = _against_step(branches, _mean(lambda f: f.energy), "learned energy")
    lines += _spread(branches[0], lambda f: f.energy, "learned energy")
    return lines, "" if lines else "available with energy guidance"


def ramachandran_view(residues: Sequence[int] | None = None) -> CurveView:
    """Return the view of φ against ψ.

    Parameters
    ----------
    residues : sequence of int, optional
        Indices of the residues. Default: all with both torsions.
    """

    def lines(branches: Sequence[Branch], frame: Frame | None) -> tuple[list[Line], str]:
        found, note = [], "all residues" if residues is None else ""
        for number, branch in enumerate(branches[: 1 if residues is None else None]):
            shown = frame if number == 0 else branch.nearest(0 if frame is None else frame.step)
            if shown is None or shown.predicted is None:
                continue
            count = shown.predicted.shape[1] - 2  # residues 2 to L - 1 have both
            inner = [i - 1 for i in residues or range(1, count + 1) if 1 <= i <= count]
            note = note or ("" if inner else "the ends have no φ and ψ")
            most = max(1, MAX_TORSIONS // max(1, len(inner)))
            if number == 0 and most < len(shown.predicted):
                some = f"{most} of {len(shown.predicted)} conformers"
                note = ", ".join(filter(None, (note, some)))
            angles = local_geometry(shown.predicted[:most])
            phi, psi = angles.phi[:, :-1], angles.psi[:, 1:]
            found.append(
                Line(
                    phi[:, inner].ravel(),
                    psi[:, inner].ravel(),
                    number,
                    name=f"{branch.title}: φ, ψ",
                    markers=True,
                    conformers=np.repeat(np.arange(len(phi)), len(inner)),
                )
            )
        return found, note

    return CurveView("φ, ψ", "φ (°)", "ψ (°)", lines, against="angle")


VIEWS = {
    "diversity": CurveView("Diversity", "Step", "Pairwise RMSD (Å)", _diversity),
    "radius": CurveView("Rg", "Step", "Radius of gyration (Å)", _radius),
    "rmsd": CurveView("RMSD", "Step", "CA-RMSD to folded (Å)", _rmsd),
    "contacts": CurveView("Contacts", "Step", "Fraction of native contacts", _contacts),
    "rmsf": CurveView("RMSF", "Residue", "RMSF (Å)", _rmsf, against="residue"),
    "ramachandran": ramachandran_view(),
    "force": CurveView("Force", "Residue", "Guidance force (kT/Å)", _force, against="residue"),
    "scores": CurveView(
        "Scores", "t (1 noise, 0 structure)", "Score size (1/nm)", _scores, log=True, against="t"
    ),
    "learned": CurveView("Learned energy", "Step", "Learned energy (kT)", _learned),
    "energy": CurveView("Energy", "Step", "Energy (kcal/mol)", energy_lines, range=energy_range),
}
"""What the plots can show. "energy" always has its own plot; the others share the lowest one."""

TABS = {key: view.title for key, view in VIEWS.items() if key != "energy"}
ABOUT_CURVES = (
    "Diversity: mean CA-RMSD (Å) between the conformers of the batch. Rg: radius of gyration (Å). "
    "RMSF: fluctuation of each residue (Å). φ, ψ: torsions of all residues, or of mutated ones.\n"
    "RMSD: CA-RMSD of x̂₀ to the folded structure, in every step. Contacts: fraction of its CA–CA "
    "contacts (|i − j| ≥ 3, below 8 Å) that are within 1.2 times their distance there.\n"
    "Force: size of the physical guidance on each residue, |∇E_t| (kT/Å), as the arrows show it.\n"
    "Scores: mean size of each part of s = γ s_cond + (1 − γ) s_uncond − η ∇E_t (translations), "
    "against t. The physical part of temperature guidance is s(T) − s(T_hot), in drawn frames "
    "only.\n"
    "Learned energy: E_t (kT) of the energy head; not the OpenMM energy.\n"
    "Solid lines are means over the batch; dotted lines enclose its middle 80 %."
)
