"""What the curves of the plots say, and the traces that draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from ... import palette
from ...live.branch import Branch
from ...live.frame import Frame

MOST_STEPS = 400
"""Points a curve has at most; longer runs are thinned."""


@dataclass(frozen=True)
class Line:
    """One line: x, y, and how it is drawn; ``conformers`` says whose each point is."""

    x: ArrayLike
    y: ArrayLike
    branch: int
    dash: str = "solid"
    width: float = 2.0
    name: str = ""
    markers: bool = False
    conformers: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class CurveView:
    """One kind of plot: its axes and the lines of branches.

    What the y axis shows is written above the plot, which is too low for it at its side.
    """

    title: str
    x: str
    y: str
    lines: Callable[[Sequence[Branch], Frame | None], tuple[list[Line], str]]
    log: bool = False
    against: Literal["step", "t", "residue"] = "step"

    def span(self, branches: Sequence[Branch]) -> tuple[float, float] | None:
        """Ends of the x axis, left and right; None: where the lines end."""
        if self.against == "step":
            steps = max(branch.steps for branch in branches)
            return -0.02 * steps, 1.02 * steps
        return (branches[0].config.t_start, -0.02) if self.against == "t" else None

    def moment(self, frame: Frame) -> float | None:
        """Where on the x axis a frame is."""
        return {"step": float(frame.step), "t": frame.t, "residue": None}[self.against]


def _against_step(
    branches: Sequence[Branch],
    value: Callable[[Frame], float | None],
    name: str,
    dash: str = "solid",
    width: float = 2.0,
    *,
    t: bool = False,
) -> list[Line]:
    """Against the step, or against the t at which it evaluated the scores."""
    found = []
    for number, branch in enumerate(branches):
        frames = branch.in_order()
        frames = frames[:: max(1, len(frames) // MOST_STEPS)]
        times = branch.times if t else None
        points = [(f.step if times is None else times[max(f.step - 1, 0)], value(f))
                  for f in frames]  # fmt: skip
        known = np.array([(s, v) for s, v in points if v is not None], dtype=np.float32)
        if len(known):
            x, y = known.T
            found.append(Line(x, y, number, dash, width, f"{branch.title}: {name}"))
    return found


def _spread(branch: Branch, values: Callable[[Frame], ArrayLike | None], name: str) -> list[Line]:
    """Mean and both ends of the middle 80 % over the conformers."""

    def at(share: float) -> Callable[[Frame], float | None]:
        def value(frame: Frame) -> float | None:
            found = values(frame)
            return None if found is None else float(np.quantile(np.asarray(found), share))

        return value

    return [
        line
        for share in (0.1, 0.9)
        for line in _against_step([branch], at(share), f"{name}, {share:.0%} quantile", "dot", 1)
    ]


def _mean(values: Callable[[Frame], ArrayLike | None]) -> Callable[[Frame], float | None]:
    def value(frame: Frame) -> float | None:
        found = values(frame)
        return None if found is None else float(np.mean(np.asarray(found)))

    return value


def _energy(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    openmm = []
    for number, branch in enumerate(branches):
        found = [
            (step, values[i], i)
            for step, values in sorted(branch.openmm.items())
            for i in np.flatnonzero(np.isfinite(values))
        ]
        if found:
            x, y, whose = np.array(found, dtype=np.float64).T
            openmm.append(Line(x, y, number, name=f"{branch.title}: OpenMM", markers=True,
                               conformers=whose.astype(np.int64)))  # fmt: skip
            means = {s: float(np.nanmean(v)) for s, v in sorted(branch.openmm.items())
                     if np.isfinite(v).any()}  # fmt: skip
            openmm.append(Line(list(means), list(means.values()), number,
                               name=f"{branch.title}: OpenMM, mean"))  # fmt: skip
    return openmm, "" if openmm else "from t = 0.2 on, as it is computed"


def _diversity(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    return _against_step(branches, lambda f: f.diversity, "mean pairwise RMSD"), ""


def _radius(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    lines = _against_step(branches, _mean(lambda f: f.radius), "mean Rg")
    return lines + _spread(branches[0], lambda f: f.radius, "Rg"), ""


def _rmsf(branches: Sequence[Branch], frame: Frame | None) -> tuple[list[Line], str]:
    lines = []
    for number, branch in enumerate(branches):
        seen = frame if number == 0 else branch.last
        if seen is not None and seen.rmsf is not None:
            x = np.arange(1, len(seen.rmsf) + 1, dtype=np.float32)
            lines.append(Line(x, seen.rmsf, number, name=f"{branch.title}: RMSF"))
    return lines, ""


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

        lines += _against_step(branches[:1], size, part, dash, t=True)
    key = "all —, cond. – –, uncond. ···, force –·–"
    return lines, key if lines else ""


def _learned(branches: Sequence[Branch], _: Frame | None) -> tuple[list[Line], str]:
    lines = _against_step(branches, _mean(lambda f: f.energy), "learned energy")
    lines += _spread(branches[0], lambda f: f.energy, "learned energy")
    return lines, "" if lines else "comes with energy guidance"


VIEWS = {
    "diversity": CurveView("Diversity", "Step", "Pairwise RMSD (Å)", _diversity),
    "radius": CurveView("Rg", "Step", "Radius of gyration (Å)", _radius),
    "rmsf": CurveView("RMSF", "Residue", "RMSF (Å)", _rmsf, against="residue"),
    "scores": CurveView(
        "Scores", "t (1 noise, 0 structure)", "Score size (1/nm)", _scores, log=True, against="t"
    ),
    "learned": CurveView("Learned energy", "Step", "Learned energy (kT)", _learned),
    "energy": CurveView("Energy", "Step", "OpenMM energy (kcal/mol)", _energy),
}
"""What the plots can show; "energy" has a place of its own."""

CONFORMERS = [
    [(k + end) / len(palette.CONFORMERS), color]
    for k, color in enumerate(palette.CONFORMERS) for end in (0, 1)
]  # fmt: skip
"""Their colours as a scale of steps: numbers travel as bytes, colours as text."""

TABS = {key: view.title for key, view in VIEWS.items() if key != "energy"}
ABOUT_CURVES = (
    "Diversity: mean CA-RMSD (Å) between the conformers of the batch. Rg: their radius of gyration "
    "(Å). RMSF: how much each residue moves over the batch (Å).\n"
    "Scores: the mean size of each part of s = γ s_cond + (1 − γ) s_uncond − η ∇E_t, translations, "
    "against the t at which the step evaluated it.\n"
    "Learned energy: E_t in kT as the energy head predicts it, which comes with energy guidance "
    "alone; it is another quantity than OpenMM's.\n"
    "Solid lines are means over the batch; dotted ones hold its middle 80 %."
)
ABOUT_ENERGY = (
    "OpenMM's potential energy U (kcal/mol; ff14SB, GBn2) of the predictions x̂₀, each after a "
    "restrained minimisation. A point is a conformer, in its colour while one branch is shown; the "
    "line is the mean. It is computed beside the run from t = 0.2 on, so some steps have none; it "
    "is not E_t, the learned energy that guidance pulls along."
)


class Curves:
    """Line traces of one subplot, made once and fed again and again."""

    def __init__(self, figure: go.FigureWidget, row: int, branches: int):
        self._figure = figure
        self._row = row
        for _ in range(2 * branches + 4):
            figure.add_trace(go.Scatter(mode="lines", visible=False), row, 1)
        self._traces = figure.data[-(2 * branches + 4) :]
        self._whose: NDArray[np.int64] | None = None
        figure.add_annotation(
            text="", showarrow=False, xref=f"x{row} domain", yref=f"y{row} domain",
            x=0, xanchor="left", y=1, yanchor="bottom",
        )  # fmt: skip
        self._heading = len(figure.layout.annotations) - 1
        figure.add_shape(
            type="line", x0=0, x1=0, y0=0, y1=1, xref=f"x{row}", yref=f"y{row} domain",
            line={"width": 1, "dash": "dot", "color": "#8a8f98"}, visible=False,
        )  # fmt: skip
        self._cursor = len(figure.layout.shapes) - 1

    def draw(
        self,
        view: CurveView,
        branches: Sequence[Branch],
        frame: Frame | None,
        colors: Sequence[str],
        never: str = "",
    ) -> None:
        """Inside ``figure.batch_update()``. ``never`` says why there will be no lines, if so."""
        lines, note = view.lines(branches, frame)
        if never and not lines:
            note = never
        first = lines[0] if lines else None
        self._whose = first.conformers if first is not None and first.branch == 0 else None
        for trace, line in zip(self._traces, lines, strict=False):
            display: dict[str, Any] = {"color": colors[line.branch]}
            marker, more = {**display, "size": 4, "opacity": 0.5}, {}
            if line.conformers is not None:
                more = {"customdata": line.conformers.astype(np.int32), "hovertemplate":
                        f"conformer %{{customdata}}<br>%{{y:.1f}}<extra>{line.name}</extra>",
                        "unselected": {"marker": {"opacity": 0.12}},
                        "selected": {"marker": {"opacity": 1}}}  # fmt: skip
                if len(branches) == 1:
                    place = line.conformers % len(palette.CONFORMERS) + 0.5
                    marker = {"size": 5, "opacity": 0.8, "color": place.astype(np.float32),
                              "colorscale": CONFORMERS, "cmin": 0,
                              "cmax": len(palette.CONFORMERS)}  # fmt: skip
            trace.update(
                x=np.asarray(line.x, dtype=np.float32), y=np.asarray(line.y, dtype=np.float32),
                mode="markers" if line.markers else "lines", name=line.name, visible=True,
                line={**display, "dash": line.dash, "width": line.width}, marker=marker, **more,
            )  # fmt: skip
        for trace in self._traces[len(lines) :]:
            if trace.visible:
                trace.visible = False
        heading = self._figure.layout.annotations[self._heading]
        text = f"{view.y}: {note}" if note else view.y
        if heading.text != text:
            heading.text = text
        at = None if frame is None else view.moment(frame)
        cursor = self._figure.layout.shapes[self._cursor]
        cursor.update(x0=at or 0, x1=at or 0, visible=at is not None)

    def highlight(self, conformers: Sequence[int]) -> None:
        """Let the points of other conformers of the first branch fade; none: all are equal."""
        points: tuple[int, ...] | None = None
        if self._whose is not None and len(conformers):
            points = tuple(np.flatnonzero(np.isin(self._whose, conformers)).tolist()) or None
        if self._traces[0].selectedpoints != points:
            self._traces[0].selectedpoints = points

    def on_points(self, *, clicked: Callable[[int], None], hovered: Callable[[int], None]) -> None:
        """Call back with the conformer whose point the mouse touches; not when it leaves."""

        def whose(points: Any) -> int | None:
            known = self._whose
            at = points.point_inds[0] if points.point_inds else None
            return None if known is None or at is None or at >= len(known) else int(known[at])

        def tell(call: Callable[[int], None]) -> Callable[[Any, Any, Any], None]:
            def told(_: Any, points: Any, __: Any) -> None:
                if (conformer := whose(points)) is not None:
                    call(conformer)

            return told

        trace = self._traces[0]
        trace.on_click(tell(clicked))
        trace.on_hover(tell(hovered))
