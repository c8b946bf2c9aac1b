"""Ensembles that have a part of the protein only: all are compared on the residues in common.

One set of residues for all, so that every number of a table and every point of a figure is of the
same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..analysis import TicaModel, fit_tica
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.sequence_matching import common_residues
from .known_states import KnownStates, states_on
from .target import Target


def on_common_residues(
    ensembles: Sequence[EnsembleData], target: Target, known: KnownStates | None
) -> tuple[list[EnsembleData], Target, KnownStates | None]:
    """Ensembles, target and states cut to the residues that all ensembles and the target have.

    States keep what they have of these.

    Raises
    ------
    StructureError
        An ensemble of another protein, or ensembles and states with too little in common.
    """
    parts = [data.of_protein(target.sequence) for data in ensembles]
    if not parts:
        return [], target, known
    common, places = common_residues([(p.name, p.sequence) for p in parts], target.sequence)
    if len(common) == len(target.sequence):
        return parts, target, known
    parts = [
        part.cut(np.searchsorted(found, common)) for part, found in zip(parts, places, strict=True)
    ]
    return parts, target_on(target, common), None if known is None else states_on(known, common)


def target_on(target: Target, kept: NDArray[np.int64]) -> Target:
    """The target's residues `kept`, counted from 0; a TICA is fitted anew where that can be."""
    gone = ", ".join(target.labels[i] for i in range(len(target.sequence)) if i not in set(kept))
    ca = target.ca[:, kept]
    tica, said = _tica_on(target, ca)
    return replace(
        target,
        sequence="".join(target.sequence[i] for i in kept),
        ca=ca,
        backbone=None if target.backbone is None else target.backbone[:, kept],
        folded=target.folded[kept],
        folded_backbone=None if target.folded_backbone is None else target.folded_backbone[kept],
        tica=tica,
        residues=target.residues[kept],
        notes=(
            *target.notes,
            f"Compared on {len(kept)} of {len(target.sequence)} residues; left out, since not "
            f"every ensemble has them: {gone}. {said}",
        ),
    )


def _tica_on(target: Target, ca: NDArray[np.float32]) -> tuple[TicaModel | None, str]:
    """The slow motions of the residues that are left, and what is said of them."""
    if target.tica is None:
        return None, ""
    if target.frame_ps is None:
        return None, (
            "No TICA of these: the reference's frames are not continuous in time, so that none can "
            "be fitted."
        )
    try:
        tica = fit_tica(target.split(ca), lag_ps=target.tica.lag_ps, frame_ps=target.frame_ps)
    except ValueError as error:
        return None, f"No TICA of these: {error}."
    return tica, f"TICA: fitted on these, lag {tica.lag_ps:g} ps."
