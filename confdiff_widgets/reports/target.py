"""Targets of evaluations: bundled references or trajectories of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..analysis import TicaModel, fit_tica
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import MAX_FRAMES, Progress, read_ensemble
from ..ensembles.sequence_matching import match, summarise
from ..errors import SettingsError
from ..geometry.structure import StructureError
from ..proteins import Protein

ROOM_TEMPERATURE = 300.0
LAGS_PER_TRAJECTORY = 20
"""Length of the shortest trajectory in units of the default lag of a TICA."""
MIN_FRAMES_TICA = 10
"""Frames of the shortest trajectory that are required for a TICA with the default lag."""


@dataclass(frozen=True, eq=False)
class Target:
    """A reference ensemble at equilibrium with its folded structure and TICA.

    Attributes
    ----------
    name, sequence : str
    ca : ndarray, shape (M, L, 3)
        CA positions, Å.
    backbone : ndarray, shape (M, L, 4, 3), or None
        Positions of N, CA, C, O, Å.
    trajectory : ndarray of int, shape (M,)
        Trajectory of each frame.
    folded : ndarray, shape (L, 3)
        CA positions of the folded structure, Å.
    folded_backbone : ndarray, shape (L, 4, 3), or None
    tica : TicaModel or None
    temperature : float
        Temperature, K.
    frame_ps : float or None
        Time between frames; None if the frames are not continuous in time.
    notes : tuple of str
        Source, limitations and assumptions.
    residues : ndarray of int, shape (L,)
        Residue numbers in the protein. Default: 1 to L.
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
        """Names of the residues: Y1, Y2, ..."""
        return [f"{a}{i}" for a, i in zip(self.sequence, self.residues, strict=True)]

    def split(self, values: NDArray) -> list[NDArray]:
        """Split the rows of an array (M, ...) into one array for each trajectory."""
        return [values[self.trajectory == k] for k in np.unique(self.trajectory)]

    @classmethod
    def of_protein(cls, protein: Protein) -> Target:
        """Create the target of a bundled protein."""
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
        progress: Progress = lambda _: None,
    ) -> Target:
        """Create a target from trajectories of one protein, each continuous in time.

        Parameters
        ----------
        files : sequence of paths
            One trajectory each; up to `MAX_FRAMES` frames in total are kept.
        topology : path, optional
            Structure file with the same atoms, for XTC, DCD, ...
        folded : path, optional
            Structure file. Default: the structure of the topology, or the first frame.
        lag_ps : float, optional
            Lag of the TICA. Default: a twentieth of the shortest trajectory.
        frame_ps : float, optional
            Time between frames, for files without times. A TICA requires it.
        temperature : float, optional
            Temperature in K. Default: 300, which is mentioned in the notes.
        name : str, optional
        progress : callable
            Called with the number of frames read so far.

        Raises
        ------
        StructureError
            If a file cannot be read, or for different sequences.
        SettingsError
            For a lag that is too long, or a temperature that is not positive.
        """
        if not files:
            raise SettingsError("No reference trajectory was given. Give at least one file.")
        if temperature is not None and not temperature > 0:
            raise SettingsError(f"temperature is {temperature} K. It must be positive.")
        share = max(2, MAX_FRAMES // len(files))
        parts: list[EnsembleData] = []
        for file in files:
            sequence = parts[0].sequence if parts else None
            part = read_ensemble(
                file,
                topology=topology,
                sequence=sequence,
                max_frames=share,
                progress=progress,
            )
            parts.append(_check_sequence(part, sequence))
        ca = np.concatenate([part.ca for part in parts])
        backbones = [part.backbone for part in parts if part.backbone is not None]
        complete = len(backbones) == len(parts)
        notes = [f"Reference: {len(ca)} frames of {len(parts)} trajectories."]
        notes += [f"{part.name}: {note}." for part in parts for note in part.notes]
        structure = folded or topology
        if structure is not None:
            known = _check_sequence(
                read_ensemble(structure, sequence=parts[0].sequence), parts[0].sequence
            )
            folded_ca = known.ca[0]
            folded_backbone = None if known.backbone is None else known.backbone[0]
            notes.append(f"Folded structure: {Path(structure).name}.")
        else:
            folded_ca = ca[0]
            folded_backbone = backbones[0][0] if complete else None
            notes.append("Folded structure: the first frame, because none was given.")
        if temperature is None:
            notes.append(f"Temperature: {ROOM_TEMPERATURE:g} K, because none was given.")
        spacing = _frame_spacing(parts, frame_ps)
        tica, note = _fit_tica(parts, spacing, lag_ps)
        return cls(
            name=name or parts[0].name,
            sequence=parts[0].sequence,
            ca=ca,
            backbone=np.concatenate(backbones) if complete else None,
            trajectory=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
            folded=folded_ca,
            folded_backbone=folded_backbone,
            tica=tica,
            temperature=ROOM_TEMPERATURE if temperature is None else temperature,
            frame_ps=spacing,
            notes=(*notes, note),
        )


def _check_sequence(data: EnsembleData, sequence: str | None) -> EnsembleData:
    """Return an ensemble if it has exactly the residues of the reference."""
    if sequence is None or data.sequence == sequence:
        return data
    raise StructureError(
        f"{data.name} does not have the residues of the reference: "
        f"{summarise(match(data.sequence, sequence, data.name).differences)}. Give files with the "
        "same residues."
    )


def _frame_spacing(parts: Sequence[EnsembleData], given: float | None) -> float | None:
    """Return the time between frames if all trajectories have the same."""
    if given is not None:
        if not given > 0:
            raise SettingsError(f"frame_ps is {given}. It must be a positive time in ps.")
        return given
    times = {part.frame_ps for part in parts}
    return times.pop() if len(times) == 1 else None


def _fit_tica(
    parts: Sequence[EnsembleData], frame_ps: float | None, lag_ps: float | None
) -> tuple[TicaModel | None, str]:
    """Fit a TICA, and describe it in a note."""
    if frame_ps is None:
        if lag_ps is not None:
            raise SettingsError(
                f"A TICA with a lag of {lag_ps:g} ps needs the time between frames, which the "
                "files lack or disagree on. Give it as frame_ps (--frame-ps)."
            )
        return None, "No TICA: the files have no common time between frames (--frame-ps)."
    shortest = min(map(len, parts))
    if lag_ps is None:
        if shortest < MIN_FRAMES_TICA:
            return None, f"No TICA: the shortest trajectory has only {shortest} frames."
        lag_ps = max(1, shortest // LAGS_PER_TRAJECTORY) * frame_ps
    try:
        tica = fit_tica([part.ca for part in parts], lag_ps=lag_ps, frame_ps=frame_ps)
    except ValueError as error:
        raise SettingsError(f"The TICA cannot be fitted: {error}.") from error
    return tica, f"TICA: fitted to the reference trajectories, lag {lag_ps:g} ps."
