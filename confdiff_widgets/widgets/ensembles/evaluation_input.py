"""Input of the ensemble panels: an evaluation, or ensembles to evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np

from ... import proteins
from ...ensembles import Ensemble, EnsembleData, read_ensemble
from ...ensembles.sequence_matching import is_comparable
from ...errors import SettingsError
from ...reports import Evaluation, EvaluationSettings, Target, evaluate, read_states
from ...reports.tables import caption, html_table

EnsembleInput = str | Path | Ensemble | EnsembleData


def resolve_evaluation(
    ensembles: Evaluation | EnsembleInput | Mapping[str, EnsembleInput],
    against: str | Target | None,
    states: Sequence[str | Path] | None,
    settings: EvaluationSettings | None,
) -> Evaluation:
    """Return the evaluation, computed first if ensembles are given.

    Raises
    ------
    UserError
        If an ensemble cannot be read, belongs to another protein or has no reference.
    """
    if isinstance(ensembles, Evaluation):
        if against is not None or states is not None or settings is not None:
            raise SettingsError("An Evaluation has its settings already. Omit the other arguments.")
        return ensembles
    named = dict(ensembles) if isinstance(ensembles, Mapping) else {"": ensembles}
    data = [_load(name, source) for name, source in named.items()]
    if not data:
        raise SettingsError("No ensemble is given. Give at least one.")
    target = against if isinstance(against, Target) else _target(against, data[0].sequence)
    known = None if states is None else read_states(states, target.sequence)
    return evaluate(data, target, known=known, settings=settings)


def _load(name: str, source: EnsembleInput) -> EnsembleData:
    if isinstance(source, EnsembleData):
        return source
    if isinstance(source, Ensemble):
        return EnsembleData(
            name or "samples",
            source.sequence,
            np.asarray(source.ca),
            np.asarray(source.backbone),
        )
    return read_ensemble(source, name=name or None)


def _target(name: str | None, sequence: str) -> Target:
    if name is not None:
        return Target.of_protein(proteins.get(name))
    known = proteins.by_sequence(sequence)
    if known is None:  # it may be a fragment or a mutant of a bundled protein
        bundled = map(proteins.get, proteins.names())
        comparable = [p for p in bundled if is_comparable(sequence, p.sequence)]
        known = comparable[0] if len(comparable) == 1 else None
    if known is None:
        raise SettingsError(
            f"No reference of {sequence} is bundled. Give one with against="
            "Target.from_files([trajectory], topology=structure)."
        )
    return Target.of_protein(known)


def metrics_table(evaluation: Evaluation) -> str:
    """Return the table of metrics as HTML that follows JupyterLab's theme."""
    return (
        '<div style="overflow:auto;font-variant-numeric:tabular-nums;text-align:right;'
        f'border-spacing:14px 1px">{html_table(evaluation)}</div>'
        f'<p style="line-height:1.4;opacity:.75">{escape(caption(evaluation))}</p>'
    )


def notes(evaluation: Evaluation) -> str:
    """Return the notes on the target and the ensembles, as HTML."""
    lines = [note for note in evaluation.target.notes if note]
    lines += [f"{one.data.name}: {note}" for one in evaluation.ensembles for note in one.data.notes]
    return '<div style="line-height:1.4;opacity:.75">' + "<br>".join(map(escape, lines)) + "</div>"
