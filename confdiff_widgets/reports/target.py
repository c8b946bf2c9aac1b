"""What ensembles are judged against: a bundled reference, or trajectories of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..analysis import TicaModel, fit_tica
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import MOST_FRAMES, Report, read_ensemble
from ..ensembles.sequence_matching import listed, match
from ..errors import SettingsError
from ..geometry.structure import StructureError
from ..proteins import Protein

ROOM_TEMPERATURE = 300.0
LAGS_A_TRAJECTORY = 20
"""The lag of a TICA that is fitted here is this part of the shortest trajectory."""
SHORTEST_FIT = 10
"""Frames of the shortest trajectory that a TICA is fitted on without being asked for."""


@dataclass(frozen=True, eq=False)
class Target:
    """A reference ensemble at equilibrium, and what was learned from it.

    Attributes
    ----------
    name, sequence : str
    ca : ndarray, shape (M, L, 3)
        Å.
    backbone : ndarray, shape (M, L, 4, 3), or None
        Å.
    trajectory : ndarray of int, shape (M,)
        Which trajectory a frame is of.
    folded : ndarray, shape (L, 3)
        CA positions of the folded structure, Å.
    folded_backbone : ndarray, shape (L, 4, 3), or None
    tica : TicaModel or None
    temperature : float
        K.
    frame_ps : float or None
        Time between frames; None where frames are not continuous in time.
    notes : tuple of str
        Where it comes from, how far to trust it, what was assumed.
    residues : ndarray of int, shape (L,)
        Their numbers in the protein. Default: 1 to L.
    """

    name: str
    sequence: str
    ca: NDArray[np.float32]
    backbone: NDArray[np.float32] | None
    trajectory: NDArray[np.int64]
    folded: NDArray[np.float32]
    folded_backbone: NDArray[np.float32] | None
    tica: TicaModel | None
    temperature: float
    frame_ps: float | None
    notes: tuple[str, ...]
    residues: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        if not len(self.residues):
            object.__setattr__(self, "residues", np.arange(1, len(self.sequence) + 1))

    @property
    def labels(self) -> list[str]:
        """Residues as people name them: Y1, Y2, ..."""
        return [f"{a}{i}" for a, i in zip(self.sequence, self.residues, strict=True)]

    def split(self, values: NDArray) -> list[NDArray]:
        """Rows of an array (M, ...), one array a trajectory."""
        return [values[self.trajectory == k] for k in np.unique(self.trajectory)]

    @classmethod
    def of_protein(cls, protein: Protein) -> Target:
        """The reference of a bundled protein."""
        reference = protein.reference()
        continuous = reference.tica.n_frames == len(reference.ca)
        return cls(
            name=protein.title,
            sequence=protein.sequence,
            ca=reference.ca,
            backbone=reference.backbone,
            trajectory=reference.replica,
            folded=reference.folded_ca,
            folded_backbone=reference.folded[:, :4],
            tica=reference.tica,
            temperature=reference.temperature,
            frame_ps=reference.tica.frame_ps if continuous else None,
            notes=(
                f"Reference: {protein.reference_note}.",
                f"TICA: {protein.tica_note}.",
                protein.caution,
            ),
        )

    @classmethod
    def from_files(
        cls,
        files: Sequence[str | Path],
        *,
        topology: str | Path | None = None,
        folded: str | Path | None = None,
        lag_ps: float | None = None,
        frame_ps: float | None = None,
        temperature: float | None = None,
        name: str | None = None,
        report: Report = lambda _: None,
    ) -> Target:
        """Trajectories of one protein, each continuous in time.

        Parameters
        ----------
        files : sequence of paths
            One trajectory each; together at most `MOST_FRAMES` frames are kept.
        topology : path, optional
            Of XTC, DCD, ...
        folded : path, optional
            Structure file. Default: the topology's structure, or the first frame.
        lag_ps : float, optional
            Of the TICA. Default: a twentieth of the shortest trajectory.
        frame_ps : float, optional
            Time between frames of files that do not say it. Without it there is no TICA.
        temperature : float, optional
            K; 300 if not given, and then said so.
        name : str, optional
        report : callable

        Raises
        ------
        StructureError
            What cannot be read, or different sequences.
        SettingsError
            A lag that is too long, or a temperature that is none.
        """
        if not files:
            raise SettingsError("No reference trajectory was given: name one file at least.")
        if temperature is not None and not temperature > 0:
            raise SettingsError(f"temperature is {temperature} K: give a positive one.")
        room = max(2, MOST_FRAMES // len(files))
        parts: list[EnsembleData] = []
        for file in files:
            sequence = parts[0].sequence if parts else None
            part = read_ensemble(
                file, topology=topology, sequence=sequence, most_frames=room, report=report
            )
            parts.append(_same(part, sequence))
        ca = np.concatenate([part.ca for part in parts])
        whole = [part.backbone for part in parts if part.backbone is not None]
        notes = [f"Reference: {len(ca)} frames of {len(parts)} trajectories."]
        notes += [f"{part.name}: {note}." for part in parts for note in part.notes]
        structure = folded or topology
        if structure is not None:
            known = _same(read_ensemble(structure, sequence=parts[0].sequence), parts[0].sequence)
            folded_ca = known.ca[0]
            folded_backbone = None if known.backbone is None else known.backbone[0]
            notes.append(f"Folded structure: {Path(structure).name}.")
        else:
            folded_ca = ca[0]
            folded_backbone = whole[0][0] if len(whole) == len(parts) else None
            notes.append("Folded structure: the first frame, for want of another.")
        if temperature is None:
            notes.append(f"Temperature: {ROOM_TEMPERATURE:g} K, for want of another.")
        spacing = _spacing(parts, frame_ps)
        tica, said = _tica(parts, spacing, lag_ps)
        return cls(
            name=name or parts[0].name,
            sequence=parts[0].sequence,
            ca=ca,
            backbone=np.concatenate(whole) if len(whole) == len(parts) else None,
            trajectory=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
            folded=folded_ca,
            folded_backbone=folded_backbone,
            tica=tica,
            temperature=ROOM_TEMPERATURE if temperature is None else temperature,
            frame_ps=spacing,
            notes=(*notes, said),
        )


def _same(data: EnsembleData, sequence: str | None) -> EnsembleData:
    """The ensemble, if it has all residues of a reference and no others."""
    if sequence is None or data.sequence == sequence:
        return data
    raise StructureError(
        f"{data.name} is not wholly this reference's protein: "
        f"{listed(match(data.sequence, sequence, data.name).differences)}. All files of a "
        "reference must be of the same residues."
    )


def _spacing(parts: Sequence[EnsembleData], given: float | None) -> float | None:
    """Time between frames, if it is one for all."""
    if given is not None:
        if not given > 0:
            raise SettingsError(f"frame_ps is {given}: give a positive time in ps.")
        return given
    times = {part.frame_ps for part in parts}
    return times.pop() if len(times) == 1 else None


def _tica(
    parts: Sequence[EnsembleData], frame_ps: float | None, lag_ps: float | None
) -> tuple[TicaModel | None, str]:
    """The TICA, and what is said of it."""
    if frame_ps is None:
        if lag_ps is not None:
            raise SettingsError(
                f"A TICA with a lag of {lag_ps:g} ps needs the time between frames, which the "
                "files do not say, or say differently: give it (frame_ps, --frame-ps)."
            )
        return None, "No TICA: the files do not say the time between frames (--frame-ps)."
    shortest = min(map(len, parts))
    if lag_ps is None:
        if shortest < SHORTEST_FIT:
            return None, f"No TICA: a trajectory has {shortest} frames only."
        lag_ps = max(1, shortest // LAGS_A_TRAJECTORY) * frame_ps
    try:
        tica = fit_tica([part.ca for part in parts], lag_ps=lag_ps, frame_ps=frame_ps)
    except ValueError as error:
        raise SettingsError(f"No TICA can be fitted: {error}.") from error
    return tica, f"TICA: fitted on the reference trajectories, lag {lag_ps:g} ps."
