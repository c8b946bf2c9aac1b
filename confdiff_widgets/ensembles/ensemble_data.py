"""An ensemble that some method made, as the evaluation takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError
from .sequence_matching import match


@dataclass(frozen=True, eq=False)
class EnsembleData:
    """Conformers of one protein by any method.

    Attributes
    ----------
    name : str
        For tables and legends.
    sequence : str
    ca : ndarray, shape (N, L, 3)
        CA positions, Å.
    backbone : ndarray, shape (N, L, 4, 3), or None
        N, CA, C, O, Å; None where the source lacks some of them.
    frame_ps : float or None
        Time between frames, where the source has times; frames are then continuous.
    notes : tuple of str
        What a person should know of it: what was left out, or looks odd.
    """

    name: str
    sequence: str
    ca: NDArray[np.float32]
    backbone: NDArray[np.float32] | None = None
    frame_ps: float | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ca)

    def of_protein(self, sequence: str) -> EnsembleData:
        """The residues that are of the protein with this sequence, with their own letters.

        Notes say which are missing, exchanged, or left out.

        Raises
        ------
        StructureError
            If less than half of the protein is there; the residues that differ are named.
        """
        part = match(self.sequence, sequence, self.name)
        notes = tuple(dict.fromkeys((*self.notes, *part.notes)))
        whole = len(part.found) == len(self.sequence)
        return replace(self if whole else self.cut(part.found), notes=notes)

    def cut(self, kept: Sequence[int] | NDArray[np.int64]) -> EnsembleData:
        """The residues ``kept`` alone, counted from 0."""
        return replace(
            self,
            sequence="".join(self.sequence[i] for i in kept),
            ca=self.ca[:, kept],
            backbone=None if self.backbone is None else self.backbone[:, kept],
        )


def checked(data: EnsembleData) -> EnsembleData:
    """The ensemble, if its coordinates are usable; with notes on what is odd about it.

    Raises
    ------
    StructureError
        NaN or infinite coordinates, or lengths that are evidently not in Å.
    """
    bad = ~np.isfinite(data.ca).all(axis=(1, 2))
    if data.backbone is not None:
        bad |= ~np.isfinite(data.backbone).all(axis=(1, 2, 3))
    if bad.any():
        raise StructureError(
            f"{data.name}: coordinates are NaN or infinite in {int(bad.sum())} of {len(data)} "
            f"frames (first: frame {int(bad.argmax())}). Remove these frames."
        )
    if data.ca.shape[1] > 1:
        bonds = np.linalg.norm(np.diff(data.ca[:1000], axis=1), axis=-1)
        middle = float(np.median(bonds))
        if middle < 1.0:
            raise StructureError(
                f"{data.name}: neighbouring CA atoms are {middle:.2g} Å apart (median), expected "
                "3.8: the coordinates look like nm; multiply them by 10."
            )
    notes = list(data.notes)
    if len(data) == 1:
        notes.append("one frame: a structure, not a distribution")
    elif np.array_equal(data.ca.min(axis=0), data.ca.max(axis=0)):
        notes.append(f"all {len(data)} frames are identical")
    if data.backbone is None:
        notes.append("CA only: drawn as the trace through the CA atoms")
    return replace(data, notes=tuple(notes))
