"""References for your own sequence: a simulation, or trajectories at one temperature."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..analysis.mbar import free_energies
from ..errors import SettingsError
from ..proteins.peptides import TEMPERATURE
from ..proteins.reference import SimulatedReference
from ..units import GAS_CONSTANT
from .simulation_files import find_simulation, read_simulation
from .target import Target


def own_reference(source: str | Path | Target, sequence: str) -> SimulatedReference:
    """Return the reference of a sequence.

    Parameters
    ----------
    source : path or Target
        Folder of a simulation (``confdiff md``), whose frames of all temperatures are weighted by
        MBAR, or a target such as ``Target.from_files(...)``, whose frames have one temperature.
    sequence : str
        Sequence that it must have.

    Returns
    -------
    SimulatedReference

    Raises
    ------
    SettingsError
        If the source has another sequence, lacks backbone atoms or is too short for a TICA, or if
        the temperatures hardly overlap.
    """
    if isinstance(source, Target):
        reference, found = _of_target(source), source.sequence
    else:
        reference, found = _of_simulation(Path(source))
    if found != sequence:
        raise SettingsError(
            f"The reference is of {found}, not of {sequence}. Give one of the same sequence."
        )
    return reference


def _of_simulation(folder: Path) -> tuple[SimulatedReference, str]:
    frames = read_simulation(find_simulation(folder))
    tica, note = frames.fit_tica()
    if tica is None or frames.backbone is None:
        raise _unsuitable(folder.name, note, frames.backbone is None)
    ladder, state = np.unique(np.round(frames.temperature, 2), return_inverse=True)
    if not np.isfinite(frames.potential).all() and len(ladder) > 1:
        raise SettingsError(
            f"{folder.name} has no potential_kj_mol, which weights for other temperatures need. "
            "Save the potential energies, or give the trajectories of one temperature."
        )
    energies = np.zeros(1)  # of a single temperature, which needs no potential energies
    if len(ladder) > 1:
        exponents = -frames.potential[:, None] / (GAS_CONSTANT * ladder)
        energies = free_energies(exponents, np.bincount(state))
    reference = SimulatedReference(
        frames=_centred(frames.backbone),
        ladder=ladder.astype(np.float64),
        state=state,
        potential=frames.potential,
        frame_replica=frames.replica,
        time_ps=frames.time_ps,
        free_energies=energies,
        tica=tica,
        temperature=float(np.clip(TEMPERATURE, ladder[0], ladder[-1])),
        source=folder.resolve().name or str(folder),
    )
    return reference, frames.sequence


def _of_target(target: Target) -> SimulatedReference:
    if target.tica is None or target.backbone is None:
        raise _unsuitable(target.name, target.notes[-1], target.backbone is None)
    count = len(target.ca)
    return SimulatedReference(
        frames=_centred(target.backbone),
        ladder=np.array([target.temperature]),
        state=np.zeros(count, dtype=np.int64),
        potential=np.full(count, np.nan),
        frame_replica=target.trajectory,
        time_ps=np.full(count, np.nan),
        free_energies=np.zeros(1),
        tica=target.tica,
        temperature=target.temperature,
        source=target.name,
    )


def _centred(backbone: np.ndarray) -> np.ndarray:
    return backbone - backbone[:, :, 1].mean(axis=1)[:, None, None]


def _unsuitable(name: str, note: str, no_backbone: bool) -> SettingsError:
    if no_backbone:
        return SettingsError(f"{name} has no N, C and O atoms. Give trajectories with all of them.")
    return SettingsError(f"{name} cannot be the reference of the TIC plane. {note}")
