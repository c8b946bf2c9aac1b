"""Restriction of ensembles, target and states to the residues that all ensembles have.

All results of an evaluation refer to one set of residues, so that they are comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..analysis import TicaModel, fit_tica
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.sequence_matching import common_residues
from .known_states import KnownStates, restrict_states
from .target import Target


def restrict_to_common_residues(
    ensembles: Sequence[EnsembleData], target: Target, known: KnownStates | None
) -> tuple[list[EnsembleData], Target, KnownStates | None]:
    """Restrict ensembles, target and states to the residues that all ensembles have.

    States keep those of these residues that they have.

    Raises
    ------
    StructureError
        For an ensemble of another protein, or if ensembles or states have too few residues in
        common.
    """
    parts = [data.of_protein(target.sequence) for data in ensembles]
    if not parts:
        return [], target, known
    common, present = common_residues([(p.name, p.sequence) for p in parts], target.sequence)
    if len(common) == len(target.sequence):
        return parts, target, known
    parts = [
        part.select(np.searchsorted(indices, common))
        for part, indices in zip(parts, present, strict=True)
    ]
    states = None if known is None else restrict_states(known, common)
    return parts, restrict_target(target, common), states


def restrict_target(target: Target, kept: NDArray[np.int64]) -> Target:
    """Restrict a target to the residues `kept`, counted from 0, and refit its TICA if possible."""
    omitted = ", ".join(target.labels[i] for i in range(len(target.sequence)) if i not in set(kept))
    ca = target.ca[:, kept]
    tica, note = _refit_tica(target, ca)
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
            f"Compared on {len(kept)} of {len(target.sequence)} residues; omitted because not "
            f"every ensemble has them: {omitted}. {note}",
        ),
    )


def _refit_tica(target: Target, ca: NDArray[np.float32]) -> tuple[TicaModel | None, str]:
    """Fit a TICA to the remaining residues, and describe it in a note."""
    if target.tica is None:
        return None, ""
    if target.frame_ps is None:
        return None, (
            "No TICA of the remaining residues: the frames of the reference are not continuous in "
            "time."
        )
    try:
        tica = fit_tica(target.split(ca), lag_ps=target.tica.lag_ps, frame_ps=target.frame_ps)
    except ValueError as error:
        return None, f"No TICA of the remaining residues: {error}."
    of = f", {tica.selection}" if tica.selection else ""
    return tica, f"TICA: fitted to the remaining residues, lag {tica.lag_ps:g} ps{of}."
