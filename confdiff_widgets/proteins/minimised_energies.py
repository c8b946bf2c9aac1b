"""Minimised OpenMM energies of frames of a reference: the band that runs are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.mbar import effective_frames
from ..files.writing import write_files
from .reference import Reference


@dataclass(frozen=True)
class EnergyBand:
    """Mean and standard deviation of energies at a temperature.

    Attributes
    ----------
    temperature : float
        K.
    mean, sd : float
        kcal/mol.
    frames : float
        Effective number of frames.
    """

    temperature: float
    mean: float
    sd: float
    frames: float


@dataclass(frozen=True, eq=False)
class MinimisedEnergies:
    """Energies of random frames of a reference, minimised like the predictions of a run.

    Hydrogens are rebuilt and heavy atoms restrained, as for a prediction. The potential energies
    of the simulation itself contain its kinetic fluctuations, so they cannot be compared.

    Attributes
    ----------
    index : ndarray of int, shape (K,)
        Frames of the reference, drawn uniformly.
    energy : ndarray, shape (K,)
        kcal/mol.
    """

    index: NDArray[np.int64]
    energy: NDArray[np.float64]

    def band(self, reference: Reference, kelvin: float) -> EnergyBand:
        """Return mean and standard deviation at a temperature, weighted by MBAR.

        Raises
        ------
        SettingsError
            If the reference does not cover the temperature.
        """
        weights = reference.at(kelvin).weights[self.index]
        weights = weights / weights.sum()
        mean = float(weights @ self.energy)
        sd = float(np.sqrt(weights @ np.square(self.energy - mean)))
        return EnergyBand(kelvin, mean, sd, effective_frames(weights))

    def save(self, path: str | Path) -> None:
        """Write an NPZ file.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        arrays: dict[str, Any] = {
            "index": self.index.astype(np.int32),
            "energy": self.energy.astype(np.float32),
        }
        write_files({Path(path): lambda file: np.savez_compressed(file, **arrays)})

    @classmethod
    def load(cls, path: str | Path) -> MinimisedEnergies:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(data["index"].astype(np.int64), data["energy"].astype(np.float64))
