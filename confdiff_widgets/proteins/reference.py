"""Reference ensembles: frames of a replica exchange at any of its temperatures, with their TICA."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.free_energy import FreeEnergy, free_energy
from ..analysis.mbar import effective_frames, log_mixture, weights_at
from ..analysis.tica import TicaModel
from ..errors import SettingsError
from ..files.writing import write_files

RESOLUTION = 0.01
"""Å; the resolution of XTC files. Positions are stored as multiples of it, so nothing is lost."""

BINS = 40
"""Bins of the free energy along each TIC."""

RESAMPLING_SEED = 0
"""Seed of the unweighted frames of a temperature."""


@dataclass(frozen=True, eq=False)
class ReferenceEnsemble:
    """The reference at one temperature: weighted frames.

    Attributes
    ----------
    temperature : float
        K.
    weights : ndarray, shape (M,)
        Weights of the frames, with the sum 1.
    backbone : ndarray, shape (M, L, 4, 3)
        N, CA, C, O, Å, CA atoms centred.
    replica : ndarray of int, shape (M,)
        Trajectory of each frame, to group them in error estimates.
    time_ps : ndarray, shape (M,)
        Time of each frame in its trajectory, ps; NaN if unknown.
    potential : ndarray, shape (M,)
        Potential energy of all atoms, kJ/mol; NaN if unknown.
    """

    temperature: float
    weights: NDArray[np.float64]
    backbone: NDArray[np.float32]
    replica: NDArray[np.int64]
    time_ps: NDArray[np.float64]
    potential: NDArray[np.float64]

    @property
    def ca(self) -> NDArray[np.float32]:
        """CA positions (M, L, 3), Å."""
        return self.backbone[:, :, 1]

    @property
    def effective_frames(self) -> float:
        """Effective number of independent frames (Kish)."""
        return effective_frames(self.weights)

    @property
    def mean_potential(self) -> float:
        """Mean potential energy at the temperature, kJ/mol."""
        return float(self.weights @ self.potential)

    @property
    def sd_potential(self) -> float:
        """Standard deviation of the potential energy at the temperature, kJ/mol."""
        return float(np.sqrt(self.weights @ np.square(self.potential - self.mean_potential)))

    @cached_property
    def drawn(self) -> NDArray[np.int64]:
        """Indices of the frames of :attr:`unweighted`, in ascending order."""
        count = max(1, round(self.effective_frames))
        ends = np.cumsum(self.weights)
        points = (np.arange(count) + np.random.default_rng(RESAMPLING_SEED).random()) / count
        return np.minimum(np.searchsorted(ends / ends[-1], points), len(ends) - 1)

    @cached_property
    def unweighted(self) -> ReferenceEnsemble:
        """Frames of equal weight for callers that take no weights, as many as are effective.

        They are resampled by weight (systematic resampling with a fixed seed), so a frame of large
        weight occurs several times.
        """
        drawn = self.drawn
        return ReferenceEnsemble(
            self.temperature,
            np.full(len(drawn), 1 / len(drawn)),
            self.backbone[drawn],
            self.replica[drawn],
            self.time_ps[drawn],
            self.potential[drawn],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedReference:
    """Reference of a sequence: frames at one or several temperatures, and their TICA.

    :meth:`at` gives the ensemble of a temperature. `backbone`, `ca` and `replica` are unweighted
    frames at the default temperature.

    Attributes
    ----------
    frames : ndarray, shape (M, L, 4, 3)
        N, CA, C, O of the frames of all temperatures, Å, CA atoms centred.
    ladder : ndarray, shape (K,)
        Temperatures of the exchange, K, ascending.
    state : ndarray of int, shape (M,)
        Index of the temperature of each frame.
    potential : ndarray, shape (M,)
        Potential energy of all atoms of each frame, kJ/mol; NaN if unknown, which one temperature
        allows.
    frame_replica : ndarray of int, shape (M,)
        Trajectory of each frame.
    time_ps : ndarray, shape (M,)
        Time of each frame in its trajectory, ps; NaN if unknown.
    free_energies : ndarray, shape (K,)
        Free energies of the temperatures (MBAR), in units of kT.
    tica : TicaModel
        One for all temperatures.
    temperature : float
        Default temperature, K.
    source : str
        Name of the simulation; empty for a bundled one.
    """

    frames: NDArray[np.float32]
    ladder: NDArray[np.float64]
    state: NDArray[np.int64]
    potential: NDArray[np.float64]
    frame_replica: NDArray[np.int64]
    time_ps: NDArray[np.float64]
    free_energies: NDArray[np.float64]
    tica: TicaModel
    temperature: float
    source: str = ""

    def covers(self, temperature_k: float) -> bool:
        """Whether a temperature (K) lies between the lowest and the highest of the exchange."""
        return bool(self.ladder[0] - 0.01 <= temperature_k <= self.ladder[-1] + 0.01)

    def at(self, temperature_k: float) -> ReferenceEnsemble:
        """Return the ensemble at a temperature: all frames, weighted by MBAR.

        Raises
        ------
        SettingsError
            If the temperature (K) is outside of those of the exchange.
        """
        if not self.covers(temperature_k):
            raise SettingsError(
                f"The reference covers {self.ladder[0]:.0f} to {self.ladder[-1]:.0f} K, which does "
                f"not include {temperature_k:g} K. Choose a temperature in this range."
            )
        return ReferenceEnsemble(
            float(temperature_k),
            self._weights_at(temperature_k),
            self.frames,
            self.frame_replica,
            self.time_ps,
            self.potential,
        )

    @property
    def frame_temperatures(self) -> NDArray[np.float64]:
        """Temperature at which each frame was simulated (M,), K."""
        return self.ladder[self.state]

    @cached_property
    def tics(self) -> NDArray[np.float64]:
        """TICs (M, K) of the frames of all temperatures."""
        return self.tica.transform(self.frames[:, :, 1])

    def free_energy_at(self, temperature_k: float) -> FreeEnergy:
        """Return the free energy on TICs 1 and 2 at a temperature (K).

        The bins are the same at all temperatures.

        Raises
        ------
        SettingsError
            If the reference does not cover the temperature.
        """
        weights, plane = self.at(temperature_k).weights, self.tics[:, :2]
        edges = [np.linspace(x.min(), x.max(), BINS + 1) for x in plane.T]
        return free_energy(
            plane, temperature_k=temperature_k, bins=(edges[0], edges[1]), weights=weights
        )

    @cached_property
    def free_energy(self) -> FreeEnergy:
        """Free energy on TICs 1 and 2 at the default temperature."""
        return self.free_energy_at(self.temperature)

    @property
    def backbone(self) -> NDArray[np.float32]:
        """Unweighted frames (N, L, 4, 3) at the default temperature, Å."""
        return self._default.unweighted.backbone

    @property
    def ca(self) -> NDArray[np.float32]:
        """CA positions (N, L, 3) of :attr:`backbone`, Å."""
        return self._default.unweighted.ca

    @property
    def replica(self) -> NDArray[np.int64]:
        """Trajectory (N,) of each frame of :attr:`backbone`."""
        return self._default.unweighted.replica

    def _weights_at(self, temperature_k: float) -> NDArray[np.float64]:
        if len(self.ladder) == 1:
            return np.full(len(self.frames), 1 / len(self.frames))
        return weights_at(self.potential, self._log_mixture, temperature_k)

    @cached_property
    def _log_mixture(self) -> NDArray[np.float64]:
        counts = np.bincount(self.state, minlength=len(self.ladder))
        return log_mixture(self.potential, self.ladder, counts, self.free_energies)

    @cached_property
    def _default(self) -> ReferenceEnsemble:
        return self.at(self.temperature)


@dataclass(frozen=True, eq=False, kw_only=True)
class Reference(SimulatedReference):
    """Reference of a bundled protein: a replica exchange with the folded structure.

    Attributes
    ----------
    folded : ndarray, shape (L, 14, 3)
        Heavy atoms of the folded structure in atom14 order, Å, absent atoms 0.
    """

    folded: NDArray[np.float32]

    @property
    def folded_ca(self) -> NDArray[np.float32]:
        """CA positions (L, 3) of the folded structure, Å."""
        return self.folded[:, 1]

    def save(self, path: str | Path) -> None:
        """Write as a compressed NPZ.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        atoms = self.frames.reshape(len(self.frames), -1, 3)
        steps = np.round((atoms - atoms[:, :1]) / RESOLUTION).astype(np.int64)
        packed = np.diff(steps, axis=1, prepend=0)  # of successive atoms: small, compress well
        if np.abs(packed).max() > np.iinfo(np.int16).max:
            raise ValueError("Atoms that follow each other are further apart than 327 Å.")
        arrays: dict[str, Any] = {
            "steps": packed.astype(np.int16),
            "ladder": self.ladder,
            "state": self.state.astype(np.uint8),
            "potential": self.potential.astype(np.float32),
            "replica": self.frame_replica.astype(np.int16),
            "time_ps": self.time_ps.astype(np.float32),
            "free_energies": self.free_energies,
            "folded": self.folded.astype(np.float32),
            "temperature": np.float64(self.temperature),
            **self.tica.to_arrays("tica_"),
        }
        write_files({Path(path): lambda file: np.savez_compressed(file, **arrays)})

    @classmethod
    def load(cls, path: str | Path) -> Reference:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data}
        steps = np.cumsum(arrays["steps"], axis=1, dtype=np.int32)
        frames = steps.reshape(len(steps), -1, 4, 3).astype(np.float32) * np.float32(RESOLUTION)
        return cls(
            frames=frames - frames[:, :, 1].mean(axis=1)[:, None, None],
            ladder=arrays["ladder"],
            state=arrays["state"].astype(np.int64),
            potential=arrays["potential"].astype(np.float64),
            frame_replica=arrays["replica"].astype(np.int64),
            time_ps=arrays["time_ps"].astype(np.float64),
            free_energies=arrays["free_energies"],
            folded=arrays["folded"],
            tica=TicaModel.from_arrays(arrays, "tica_"),
            temperature=float(arrays["temperature"]),
        )
