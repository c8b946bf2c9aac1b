"""Targets of evaluations: bundled references or trajectories of the user."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..analysis import TicaModel, fit_tica
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.file_formats import STRUCTURES, file_ending
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
    folded_cutoff : float
        CA-RMSD (Å) to the folded structure below which a frame is folded.
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
    folded_cutoff: float = 2.0
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
    def of_protein(cls, protein: Protein, temperature: float | None = None) -> Target:
        """Create the target of a bundled protein.

        Parameters
        ----------
        protein : Protein
        temperature : float, optional
            Temperature in K. Default: that of the protein.

        Raises
        ------
        SettingsError
            If the reference does not cover the temperature.
        """
        reference = protein.reference()
        ensemble = reference.at(reference.temperature if temperature is None else temperature)
        frames = ensemble.unweighted
        return cls(
            name=protein.title,
            sequence=protein.sequence,
            ca=frames.ca,
            backbone=frames.backbone,
            trajectory=frames.replica,
            folded=reference.folded_ca,
            folded_backbone=reference.folded[:, :4],
            tica=reference.tica,
            temperature=ensemble.temperature,
            frame_ps=None,  # frames of one temperature are not continuous in time
            folded_cutoff=protein.folded_cutoff,
            notes=(
                f"Temperature: {ensemble.temperature:g} K. The weights of the reference are worth "
                f"{ensemble.effective_frames:.0f} of its {len(reference.frames)} frames, as many "
                "as are drawn.",
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
            One trajectory each; up to `MAX_FRAMES` frames in total are kept. Files are split where
            their times restart or jump.
        topology : path, optional
            Structure file with the same atoms, for XTC, DCD, ...
        folded : path, optional
            Structure file. Default: the structure of the topology, or the first frame.
        lag_ps : float, optional
            Lag of the TICA. Default: a twentieth of the shortest trajectory (of its longest
            continuous piece).
        frame_ps : float, optional
            Time between the frames of the files, for files without times. A TICA requires it.
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
            For a lag that is too long, uneven frame times with a lag or a time between frames, or a
            temperature that is not positive.
        """
        if not files:
            raise SettingsError("No reference trajectory was given. Give at least one file.")
        if temperature is not None and not 0 < temperature < math.inf:
            raise SettingsError(f"temperature is {temperature} K. It must be positive and finite.")
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
        structure = folded
        if folded is None and topology is not None and file_ending(Path(topology)) in STRUCTURES:
            structure = topology
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
        spacing, remarks = _frame_spacing(parts, frame_ps, lag_ps)
        pieces = [np.unique(p.pieces, return_inverse=True)[1] if p.pieces is not None
                  else np.zeros(len(p), dtype=np.int64) for p in parts]  # fmt: skip
        first = np.cumsum([0, *(piece.max() + 1 for piece in pieces)])
        trajectory = np.concatenate([p + start for p, start in zip(pieces, first, strict=False)])
        tica, note = fit_target_tica(ca, trajectory, [np.bincount(p).max() for p in pieces],
                               spacing, lag_ps)  # fmt: skip
        return cls(
            name=name or parts[0].name,
            sequence=parts[0].sequence,
            ca=ca,
            backbone=np.concatenate(backbones) if complete else None,
            trajectory=trajectory,
            folded=folded_ca,
            folded_backbone=folded_backbone,
            tica=tica,
            temperature=ROOM_TEMPERATURE if temperature is None else temperature,
            frame_ps=spacing,
            notes=(*notes, *remarks, note),
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


def _frame_spacing(
    parts: Sequence[EnsembleData], given: float | None, lag_ps: float | None
) -> tuple[float | None, list[str]]:
    """Return the time between frames if all trajectories have the same, and remarks on it."""
    if given is not None and not 0 < given < math.inf:
        raise SettingsError(f"frame_ps is {given}. It must be a positive, finite time in ps.")
    for part in parts:
        if part.uneven_times and (given is not None or lag_ps is not None):
            raise SettingsError(
                f"{part.name} has {part.uneven_times}, so that a lag has no meaning. Write frames "
                "at even times, or omit --frame-ps and --lag to evaluate without a TICA."
            )
    if given is None:
        times = {part.frame_ps for part in parts}
        return times.pop() if len(times) == 1 else None, []
    remarks = [
        f"{part.name}: {given:g} ps between frames, as given; its times say "
        f"{part.frame_ps / part.thinning:g} ps."
        for part in parts
        if part.frame_ps is not None and not math.isclose(
            part.frame_ps, given * part.thinning, rel_tol=1e-3)
    ]  # fmt: skip
    times = {given * part.thinning for part in parts}
    return times.pop() if len(times) == 1 else None, remarks


def fit_target_tica(
    ca: NDArray[np.float32],
    trajectory: NDArray[np.int64],
    lengths: Sequence[int],
    frame_ps: float | None,
    lag_ps: float | None,
) -> tuple[TicaModel | None, str]:
    """Fit a TICA to continuous trajectories, and describe it in a note.

    ``lengths`` are the numbers of frames of the longest continuous piece of each file.
    """
    if frame_ps is None:
        if lag_ps is not None:
            raise SettingsError(
                f"A TICA with a lag of {lag_ps:g} ps needs the time between frames, which the "
                "files lack or disagree on. Give it as frame_ps (--frame-ps)."
            )
        return None, "No TICA: the files have no common time between frames (--frame-ps)."
    shortest = min(lengths)
    if lag_ps is None:
        if shortest < MIN_FRAMES_TICA:
            return None, f"No TICA: the shortest trajectory has only {shortest} frames."
        lag_ps = max(1, shortest // LAGS_PER_TRAJECTORY) * frame_ps
    pieces = [ca[trajectory == k] for k in np.unique(trajectory)]
    try:
        tica = fit_tica(pieces, lag_ps=lag_ps, frame_ps=frame_ps)
    except ValueError as error:
        raise SettingsError(f"The TICA cannot be fitted: {error}.") from error
    of = f", {tica.selection}" if tica.selection else ""
    note = f"TICA: fitted to the reference trajectories, lag {lag_ps:g} ps{of}."
    omitted = sum(len(piece) * frame_ps <= lag_ps for piece in pieces)
    if omitted:
        note += f" {omitted} of {len(pieces)} continuous pieces are no longer than the lag."
    return tica, note
