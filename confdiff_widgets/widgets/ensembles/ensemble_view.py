"""The ensemble view: ensembles on the TIC plane, linked to their structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

from ... import palette
from ...reports import Evaluation, EvaluationSettings, Target
from ...reports.figures import figures
from ...reports.state_figures import shown_frames
from ..notebook import require_notebook
from ..panel import handle_messages_while_busy
from ..viewer.viewer import OVERLAY, StructureViewer
from . import ca_trace, evaluation_input
from .evaluation_input import EnsembleInput
from .paired_figure import PairedFigure

UPPER, WITHOUT = "plane", ("contacts",)
"""Key of the upper figure, and keys of the figures that only reports show."""


class EnsembleView(ipywidgets.VBox):
    """Compare ensembles on the TIC plane.

    A click on a point shows its structure, a lasso overlays the selected ones. An ensemble with CA
    atoms only is drawn as the trace through them.

    Parameters
    ----------
    ensembles : path, Ensemble, mapping of names to such, or Evaluation
        Ensembles to show. A mapping compares several: ``{"ours": ensemble, "peer": "peer.xtc"}``.
    against : str or Target, optional
        A bundled protein, or another reference. Default: the bundled protein of the sequence.
    states : sequence of paths, optional
        Structures of known states. Default: those found in the reference.
    settings : EvaluationSettings, optional

    Attributes
    ----------
    evaluation : Evaluation
    viewer : StructureViewer
    plots : PairedFigure
    shown : list of (int, int)
        Ensemble and frame of each conformer in the viewer.

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    UserError
        If an ensemble cannot be read or compared.
    """

    def __init__(
        self,
        ensembles: Evaluation | EnsembleInput | Mapping[str, EnsembleInput],
        against: str | Target | None = None,
        *,
        states: Sequence[str | Path] | None = None,
        settings: EvaluationSettings | None = None,
    ) -> None:
        require_notebook()
        self.evaluation = evaluation_input.resolve_evaluation(ensembles, against, states, settings)
        target = self.evaluation.target
        drawn = {figure.key: figure for figure in figures(self.evaluation)}
        self._figures = {f.title: f for key, f in drawn.items() if key not in (UPPER, *WITHOUT)}
        self.plots = PairedFigure(drawn.get(UPPER), "This reference has no TICA")
        self.viewer = StructureViewer(
            target.sequence, slots=OVERLAY, folded=ca_trace.folded_of(target), height="540px"
        )
        self.shown: list[tuple[int, int]] = []
        self._lasso: list[tuple[int, int]] = []
        self._caption = ipywidgets.HTML()
        self._below = ipywidgets.Dropdown(
            options=list(self._figures), description="Below", layout={"width": "330px"}
        )
        self._again = ipywidgets.Button(
            description="First frames", layout={"width": "110px"},
            tooltip="The first conformers of each ensemble",
        )  # fmt: skip
        head = ipywidgets.HBox([self._below, self._again], layout={"flex_flow": "row wrap"})
        plots = ipywidgets.VBox(
            [head, self.plots.figure], layout={"flex": "3 1 560px", "min_width": "0"}
        )
        place = ipywidgets.VBox(
            [self.viewer, self._caption], layout={"flex": "2 1 340px", "min_width": "260px"}
        )
        super().__init__(
            [
                ipywidgets.HTML(evaluation_input.notes(self.evaluation)),
                ipywidgets.HBox([plots, place], layout={"flex_flow": "row wrap"}),
                ipywidgets.HTML(evaluation_input.metrics_table(self.evaluation)),
            ],
            layout={"width": "100%"},
        )
        self.add_class("confdiff-ensembles")
        self._points = {
            k: trace
            for k, one in enumerate(self.evaluation.ensembles)
            for trace in self.plots.upper
            if trace.name == one.data.name
        }
        for k, trace in self._points.items():
            self._listen(k, trace)
        self._below.observe(lambda change: self._draw_below(), "value")
        self._again.on_click(lambda _: self.show(self._first()))
        self.viewer.observe(lambda change: self._hovered(change["new"]), "hovered")
        handle_messages_while_busy(self._below, self._again, self.plots.figure)
        self._draw_below()
        self.show(self._first())

    def show(self, conformers: Sequence[tuple[int, int]]) -> None:
        """Show conformers in the viewer, each given by its ensemble and frame; at most eight."""
        evaluated = self.evaluation.ensembles
        self.shown = list(conformers[:OVERLAY])
        if not self.shown:
            self._caption.value = ""
            return
        backbone = np.concatenate(
            [ca_trace.frames_of(evaluated[k].data, [i]) for k, i in self.shown]
        )
        labels = [f"{evaluated[k].data.name}, frame {i}" for k, i in self.shown]
        self.viewer.highlighted = None
        self.viewer.show(backbone, [palette.conformer(k) for k, _ in self.shown], labels=labels)
        more = f" · {len(conformers)} selected" if len(conformers) > len(self.shown) else ""
        self._caption.value = " · ".join(labels) + more
        self._mark()

    # --- private ------------------------------------------------------------------------------

    def _first(self) -> list[tuple[int, int]]:
        """Return the first frames of each ensemble, the same number of each."""
        evaluated = self.evaluation.ensembles
        share = max(1, OVERLAY // len(evaluated))
        return [(k, i) for k, one in enumerate(evaluated) for i in range(min(share, len(one.data)))]

    def _listen(self, k: int, trace: Any) -> None:
        frames = shown_frames(len(self.evaluation.ensembles[k].data))

        def clicked(_: Any, points: Any, __: Any) -> None:
            if points.point_inds:
                self.show([(k, int(frames[points.point_inds[0]]))])

        def lassoed(_: Any, points: Any, __: Any) -> None:
            if points.point_inds:  # plotly also reports the empty selections that this class sets
                others = [pair for pair in self._lasso if pair[0] != k]
                self._lasso = others + [(k, int(frames[i])) for i in points.point_inds]
                self.show(_interleave(self._lasso))

        trace.on_click(clicked)
        trace.on_selection(lassoed)

    def _mark(self, only: int | None = None) -> None:
        """Fade the points of conformers that are not in the viewer."""
        with self.plots.figure.batch_update():
            for k, trace in self._points.items():
                frames = shown_frames(len(self.evaluation.ensembles[k].data))
                wanted = {i for slot, (j, i) in enumerate(self.shown)
                          if j == k and only in (None, slot)}  # fmt: skip
                found = [n for n, frame in enumerate(frames) if int(frame) in wanted]
                trace.selectedpoints = found
                trace.selected = {"marker": {"opacity": 1, "size": 11}}
                trace.unselected = {"marker": {"opacity": 0.45}}

    def _hovered(self, slot: int | None) -> None:
        self._mark(slot)

    def _draw_below(self) -> None:
        self.plots.lower(self._figures[self._below.value])


def _interleave(conformers: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Alternate between ensembles, so that the first eight conformers include all of them."""
    place: dict[int, int] = {}
    numbered = []
    for k, i in conformers:
        place[k] = place.get(k, -1) + 1
        numbered.append((place[k], k, i))
    return [(k, i) for _, k, i in sorted(numbered)]
