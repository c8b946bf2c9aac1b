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

UPPER_FIGURE, REPORT_ONLY = "plane", ("contacts",)
"""Keys of the upper figure, and of figures that are shown only in reports."""


class EnsembleView(ipywidgets.VBox):
    """Compare ensembles on the TIC plane.

    A click on a point shows its structure, and a lasso selection overlays up to eight structures.
    Ensembles with CA atoms only are shown as traces.

    Parameters
    ----------
    ensembles : path, Ensemble, mapping of names to such, or Evaluation
        Ensembles to show; a mapping such as ``{"ours": ensemble, "other": "other.xtc"}`` compares
        several.
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
        self._figures = {
            f.title: f for key, f in drawn.items() if key not in (UPPER_FIGURE, *REPORT_ONLY)
        }
        self.plots = PairedFigure(drawn.get(UPPER_FIGURE), "This reference has no TICA")
        self.viewer = StructureViewer(
            target.sequence, slots=OVERLAY, folded=ca_trace.folded_backbone(target), height="540px"
        )
        self.shown: list[tuple[int, int]] = []
        self._lasso: list[tuple[int, int]] = []
        self._caption = ipywidgets.HTML()
        self._lower = ipywidgets.Dropdown(
            options=list(self._figures), description="Lower plot", layout={"width": "330px"}
        )
        self._reset = ipywidgets.Button(
            description="First frames", layout={"width": "110px"},
            tooltip="Show the first frames of each ensemble",
        )  # fmt: skip
        controls = ipywidgets.HBox([self._lower, self._reset], layout={"flex_flow": "row wrap"})
        plots = ipywidgets.VBox(
            [controls, self.plots.figure], layout={"flex": "3 1 560px", "min_width": "0"}
        )
        viewer_box = ipywidgets.VBox(
            [self.viewer, self._caption], layout={"flex": "2 1 340px", "min_width": "260px"}
        )
        super().__init__(
            [
                ipywidgets.HTML(evaluation_input.notes(self.evaluation)),
                ipywidgets.HBox([plots, viewer_box], layout={"flex_flow": "row wrap"}),
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
            self._connect(k, trace)
        self._lower.observe(lambda change: self._draw_lower(), "value")
        self._reset.on_click(lambda _: self.show(self._first()))
        self.viewer.observe(lambda change: self._mark(change["new"]), "hovered")
        handle_messages_while_busy(self._lower, self._reset, self.plots.figure)
        self._draw_lower()
        self.show(self._first())

    def show(self, conformers: Sequence[tuple[int, int]]) -> None:
        """Show up to eight conformers, each given by the indices of its ensemble and frame."""
        evaluated = self.evaluation.ensembles
        self.shown = list(conformers[:OVERLAY])
        if not self.shown:
            self._caption.value = ""
            return
        backbone = np.concatenate(
            [ca_trace.frame_backbones(evaluated[k].data, [i]) for k, i in self.shown]
        )
        labels = [f"{evaluated[k].data.name}, frame {i}" for k, i in self.shown]
        self.viewer.highlighted = None
        self.viewer.show(backbone, [palette.conformer(k) for k, _ in self.shown], labels=labels)
        more = f" · {len(conformers)} selected" if len(conformers) > len(self.shown) else ""
        self._caption.value = " · ".join(labels) + more
        self._mark()

    # --- private ------------------------------------------------------------------------------

    def _first(self) -> list[tuple[int, int]]:
        """Return an equal number of first frames of each ensemble."""
        evaluated = self.evaluation.ensembles
        share = max(1, OVERLAY // len(evaluated))
        return [(k, i) for k, one in enumerate(evaluated) for i in range(min(share, len(one.data)))]

    def _connect(self, k: int, trace: Any) -> None:
        """Show the conformers of an ensemble that are clicked or selected."""
        frames = shown_frames(len(self.evaluation.ensembles[k].data))

        def clicked(_: Any, points: Any, __: Any) -> None:
            if points.point_inds:
                self.show([(k, int(frames[points.point_inds[0]]))])

        def lassoed(_: Any, points: Any, __: Any) -> None:
            if points.point_inds:  # plotly also reports the empty selections that this class sets
                others = [conformer for conformer in self._lasso if conformer[0] != k]
                self._lasso = others + [(k, int(frames[i])) for i in points.point_inds]
                self.show(_interleave(self._lasso))

        trace.on_click(clicked)
        trace.on_selection(lassoed)

    def _mark(self, only: int | None = None) -> None:
        """Highlight the points of the conformers in the viewer, or of the conformer in one slot."""
        with self.plots.figure.batch_update():
            for k, trace in self._points.items():
                frames = shown_frames(len(self.evaluation.ensembles[k].data))
                marked = {i for slot, (j, i) in enumerate(self.shown)
                          if j == k and only in (None, slot)}  # fmt: skip
                trace.selectedpoints = [n for n, i in enumerate(frames) if int(i) in marked]
                trace.selected = {"marker": {"opacity": 1, "size": 11}}
                trace.unselected = {"marker": {"opacity": 0.45}}

    def _draw_lower(self) -> None:
        self.plots.draw_lower(self._figures[self._lower.value])


def _interleave(conformers: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Alternate between ensembles, so that the first eight conformers include all of them."""
    rank: dict[int, int] = {}
    ranked = []
    for k, i in conformers:
        rank[k] = rank.get(k, -1) + 1
        ranked.append((rank[k], k, i))
    return [(k, i) for _, k, i in sorted(ranked)]
