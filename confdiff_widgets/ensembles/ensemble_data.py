"""Ensembles from any method, as the input of evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError
from .sequence_matching import match


@dataclass(frozen=True, eq=False)
class EnsembleData:
    """Conformers of one protein from any method.

    Attributes
    ----------
    name : str
        Name in tables and legends.
    sequence : str
    ca : ndarray, shape (N, L, 3)
        CA positions, Å.
    backbone : ndarray, shape (N, L, 4, 3), or None
        Positions of N, CA, C, O, Å; None if the source lacks some of them.
    frame_ps : float or None
        Time between frames if the source has times, and they are even.
    uneven_times : str
        Why the times of the source are of no use; empty otherwise.
    pieces : ndarray of int, shape (N,), or None
        Piece of each frame that is continuous in time. None: all frames are one piece.
    thinning : int
        Number of frames of the source for each frame that was kept.
    temperature : float or None
        Temperature of the ensemble (K) if the source states it.
    notes : tuple of str
        Remarks on omitted residues or frames and unusual properties.
    """

    name: str
    sequence: str
    ca: NDArray[np.float32]
    backbone: NDArray[np.float32] | None = None
    frame_ps: float | None = None
    uneven_times: str = ""
    pieces: NDArray[np.int64] | None = None
    thinning: int = 1
    temperature: float | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ca)

    def of_protein(self, sequence: str) -> EnsembleData:
        """Select the residues of the protein with this sequence, keeping their own letters.

        Notes list missing, exchanged and omitted residues.

        Raises
        ------
        StructureError
            If less than half of the protein is present; the message lists the differences.
        """
        part = match(self.sequence, sequence, self.name)
        notes = tuple(dict.fromkeys((*self.notes, *part.notes)))
        complete = len(part.found) == len(self.sequence)
        return replace(self if complete else self.select(part.found), notes=notes)

    def select(self, residues: Sequence[int] | NDArray[np.int64]) -> EnsembleData:
        """Return an ensemble of these residues only, counted from 0."""
        return replace(
            self,
            sequence="".join(self.sequence[i] for i in residues),
            ca=self.ca[:, residues],
            backbone=None if self.backbone is None else self.backbone[:, residues],
        )


def checked(data: EnsembleData) -> EnsembleData:
    """Check the coordinates of an ensemble and return it with notes on unusual properties.

    Raises
    ------
    StructureError
        For NaN or infinite coordinates, or for coordinates that are evidently not in Å.
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
        with np.errstate(over="ignore"):  # of coordinates that are refused later
            bonds = np.linalg.norm(np.diff(data.ca[:1000], axis=1), axis=-1)
        median = float(np.median(bonds))
        if median < 1.0:
            raise StructureError(
                f"{data.name}: neighbouring CA atoms are {median:.2g} Å apart (median), expected "
                "3.8 Å. The coordinates look like nm; multiply them by 10."
            )
    notes = list(data.notes)
    if len(data) == 1:
        notes.append("a single frame, which is a structure and not a distribution")
    elif np.array_equal(data.ca.min(axis=0), data.ca.max(axis=0)):
        notes.append(f"all {len(data)} frames are identical")
    if data.backbone is None:
        notes.append("CA atoms only, shown as a trace through the CA atoms")
    return replace(data, notes=tuple(notes))
