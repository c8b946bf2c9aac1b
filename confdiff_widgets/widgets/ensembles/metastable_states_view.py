"""The metastable states view: structures, populations and recovery of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from ... import palette
from ...errors import SettingsError
from ...reports import Evaluation, EvaluationSettings, Target
from ...reports.figures import figures
from ..notebook import require_notebook
from ..panel import handle_messages_while_busy
from ..viewer.viewer import OVERLAY, StructureViewer
from . import ca_trace, evaluation_input
from .evaluation_input import EnsembleInput
from .paired_figure import PairedFigure

LOWER_FIGURES = ("efficiency", "hardest", "profile")


class MetastableStates(ipywidgets.VBox):
    """Show the states of the reference, their populations, and the samples needed to find them.

    A click on a bar shows the representative of a state (reference) or frames in it (ensemble).
    Ensembles with CA atoms only are shown as traces.

    Parameters
    ----------
    ensembles, against, states, settings
        As in `EnsembleView`.

    Attributes
    ----------
    evaluation : Evaluation
    viewer : StructureViewer
    plots : PairedFigure
    showing : str
        Description of what the viewer shows.

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    UserError
        If an ensemble cannot be read or compared, or the reference has no TICA.
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
        if self.evaluation.states is None or self.evaluation.medoids is None:
            raise SettingsError(
                "This reference has no TICA or too few frames, so it has no metastable states. "
                "Give a longer reference trajectory."
            )
        drawn = {figure.key: figure for figure in figures(self.evaluation)}
        self._figures = {drawn[key].title: drawn[key] for key in LOWER_FIGURES if key in drawn}
        self.plots = PairedFigure(drawn["populations"])
        self.plots.figure.layout.dragmode = "zoom"
        self.viewer = StructureViewer(
            target.sequence, slots=OVERLAY, folded=ca_trace.folded_backbone(target), height="540px"
        )
        self._caption = ipywidgets.HTML()
        self._lower = ipywidgets.Dropdown(
            options=list(self._figures), description="Lower plot", layout={"width": "330px"}
        )
        self._all = ipywidgets.Button(
            description="All states", layout={"width": "110px"},
            tooltip="Show the representative of each state",
        )  # fmt: skip
        controls = ipywidgets.HBox([self._lower, self._all], layout={"flex_flow": "row wrap"})
        plots = ipywidgets.VBox(
            [controls, self.plots.figure], layout={"flex": "3 1 560px", "min_width": "0"}
        )
        viewer_box = ipywidgets.VBox(
            [self.viewer, self._caption], layout={"flex": "2 1 340px", "min_width": "260px"}
        )
        super().__init__(
            [
                ipywidgets.HTML(_paragraph(drawn["populations"].caption)),
                ipywidgets.HBox([plots, viewer_box], layout={"flex_flow": "row wrap"}),
                ipywidgets.HTML(states_table(self.evaluation)),
                ipywidgets.HTML(evaluation_input.notes(self.evaluation)),
            ],
            layout={"width": "100%"},
        )
        self.add_class("confdiff-states")
        for number, trace in enumerate(self.plots.upper):  # the first trace is the reference
            trace.on_click(self._clicker(number - 1))
        self._lower.observe(lambda change: self._draw_lower(), "value")
        self._all.on_click(lambda _: self.show_all())
        handle_messages_while_busy(self._lower, self._all, self.plots.figure)
        self._draw_lower()
        self.show_all()

    def show_all(self) -> None:
        """Show the representative of each state."""
        medoids = self.evaluation.medoids
        assert medoids is not None
        count = min(len(medoids), OVERLAY)
        self._show(
            self._representatives(slice(count)), [palette.conformer(s) for s in range(count)],
            [f"state {s + 1}" for s in range(count)],
            "Representatives (medoids) of the reference's states.",
        )  # fmt: skip

    def show_state(self, state: int, ensemble: int | None = None) -> None:
        """Show the representative of a state, or frames of an ensemble in it; counted from 0."""
        medoids = self.evaluation.medoids
        assert medoids is not None
        if not 0 <= state < len(medoids):
            raise SettingsError(f"State {state} does not exist. Give 0 to {len(medoids) - 1}.")
        if ensemble is None:
            self._show(
                self._representatives(slice(state, state + 1)), [palette.conformer(state)],
                [f"state {state + 1}"], f"Representative of state {state + 1}.",
            )  # fmt: skip
            return
        one = self.evaluation.ensembles[ensemble]
        assert one.statistics.labels is not None  # there are states
        inside = np.flatnonzero(one.statistics.labels == state)
        if not len(inside):
            self._caption.value = f"{escape(one.data.name)} has no frame in state {state + 1}."
            return
        frames = inside[np.linspace(0, len(inside) - 1, min(OVERLAY, len(inside))).astype(int)]
        self._show(
            ca_trace.frame_backbones(one.data, frames),
            [palette.conformer(ensemble)] * len(frames),
            [f"{one.data.name}, frame {i}" for i in frames],
            f"{len(frames)} of {len(inside)} frames of {one.data.name} in state {state + 1}.",
        )  # fmt: skip

    @property
    def showing(self) -> str:
        """The caption of the viewer."""
        return str(self._caption.value)

    # --- private ------------------------------------------------------------------------------

    def _representatives(self, states: slice) -> NDArray:
        """Return the representatives of these states, (S, L, 4, 3) in Å."""
        target, medoids = self.evaluation.target, self.evaluation.medoids
        assert medoids is not None
        frames = medoids[states]
        whole = target.backbone
        return ca_trace.backbone_or_trace(
            target.ca[frames], None if whole is None else whole[frames]
        )

    def _show(self, backbone: NDArray, colors: list[str], labels: list[str], caption: str) -> None:
        self.viewer.show(backbone, colors, labels=labels)
        self._caption.value = escape(caption)

    def _clicker(self, ensemble: int) -> Any:
        """Return the callback for clicks on the bars of an ensemble; -1 is the reference."""

        def clicked(_: Any, points: Any, __: Any) -> None:
            if points.point_inds:
                self.show_state(points.point_inds[0], None if ensemble < 0 else ensemble)

        return clicked

    def _draw_lower(self) -> None:
        self.plots.draw_lower(self._figures[self._lower.value])


def states_table(evaluation: Evaluation) -> str:
    """Return populations with standard errors, and best RMSDs to known states, as HTML."""
    states, recovery = evaluation.states, evaluation.reference.recovery
    assert states is not None and recovery is not None
    has_rmsd = evaluation.known is not None and evaluation.known.frames is not None
    heads = ["State", "Reference", *(["Markov model"] if states.stationary is not None else [])]
    for one in evaluation.ensembles:
        heads += [one.data.name, *(["best RMSD (Å)"] if has_rmsd else [])]
    lines = []
    for s in range(len(states)):
        cells = [str(s + 1), f"{states.population[s]:.3f} ± {states.population_error[s]:.3f}"]
        if states.stationary is not None:
            cells.append(f"{states.stationary[s]:.3f}")
        for one in evaluation.ensembles:
            share, error = one.statistics.population, one.statistics.population_error
            assert share is not None and error is not None and one.statistics.recovery is not None
            cells.append(f"{share[s]:.3f} ± {error[s]:.3f}")
            if has_rmsd:
                cells.append(f"{one.statistics.recovery.best[-1, s]:.2f}")
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    return (
        '<table style="font-variant-numeric:tabular-nums;text-align:right;border-spacing:16px 1px">'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _paragraph(text: str) -> str:
    return f'<div style="line-height:1.4;opacity:.75">{escape(text)}</div>'
