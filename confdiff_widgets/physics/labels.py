"""An ensemble with the energies and forces of its conformers, as a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..ensembles.ensemble import Ensemble, OutputError
from ..geometry.structure import StructureError
from .config import EnergyConfig
from .evaluator import EnergyResult
from .molecule import COMPONENTS
from .weights import choose_lambda, counted, ess, reduced_energies, temperature


@dataclass(frozen=True, eq=False)
class Labels:
    """Energies of N conformers of L residues; what could not be computed is NaN.

    Attributes
    ----------
    ensemble : Ensemble
    energy : array, shape (N,)
        Potential energy U, kcal/mol.
    components : array, shape (N, 5)
        Its parts in the order of ``COMPONENTS``, kcal/mol.
    ca_forces : array, shape (N, L, 3)
        Forces on the residues as in :class:`EnergyResult`, kcal/mol/Å.
    reason : array of str, shape (N,)
        Why an energy is NaN; empty otherwise.
    config : EnergyConfig
        How they were computed.
    """

    ensemble: Ensemble
    energy: np.ndarray
    components: np.ndarray
    ca_forces: np.ndarray
    reason: np.ndarray
    config: EnergyConfig

    def __len__(self) -> int:
        return len(self.ensemble)

    @classmethod
    def of(
        cls, ensemble: Ensemble, results: dict[int, EnergyResult], config: EnergyConfig
    ) -> Labels:
        """From the results of all conformers, by their numbers."""
        ordered = [results[i] for i in range(len(ensemble))]
        return cls(
            ensemble=ensemble,
            energy=np.array([r.energy for r in ordered]),
            components=np.array([[r.components[name] for name in COMPONENTS] for r in ordered]),
            ca_forces=np.array([r.ca_forces for r in ordered], dtype=np.float32),
            reason=np.array([r.reason or "" for r in ordered]),
            config=config,
        )

    @cached_property
    def counted(self) -> np.ndarray:
        """Conformers that count, (N,): finite energies without the extremes."""
        return counted(self.energy)

    @cached_property
    def strength(self) -> float:
        """λ that leaves a fifth of the counted conformers in effect."""
        return choose_lambda(self.energy[self.counted])

    @property
    def ess(self) -> float:
        """Effective sample size of the weights at that λ."""
        return ess(reduced_energies(self.energy[self.counted], self.strength))

    @property
    def temperature(self) -> float:
        """Kelvin that this λ amounts to."""
        return temperature(self.energy[self.counted], self.strength)

    def save(self, path: Path) -> None:
        """Write an NPZ, which :meth:`Ensemble.load` reads too; it appears when it is complete.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        temporary = path.with_name(f".{path.name}.part")
        try:
            with temporary.open("wb") as file:
                np.savez_compressed(
                    file,
                    atom14=self.ensemble.atom14.numpy(),
                    sequence=np.array(self.ensemble.sequence),
                    settings=np.array(json.dumps(self.ensemble.settings)),
                    energy=self.energy,
                    components=self.components,
                    ca_forces=self.ca_forces,
                    reason=self.reason,
                    config=np.array(json.dumps(asdict(self.config))),
                    counted=self.counted,
                    strength=self.strength,
                    ess=self.ess,
                    temperature=self.temperature,
                )
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OutputError(
                f"Writing {path} failed: {error.strerror}. Free some space, or choose another "
                "folder."
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> Labels:
        """Read what :meth:`save` wrote.

        Raises
        ------
        StructureError
            If the file cannot be read, or holds no labels.
        """
        ensemble = Ensemble.load(path)
        try:
            with np.load(path, allow_pickle=False) as data:
                config = json.loads(str(data["config"]))
                config["force_field"] = tuple(config["force_field"])
                names = ("energy", "components", "ca_forces", "reason")
                arrays = {name: data[name] for name in names}
                return cls(ensemble, **arrays, config=EnergyConfig(**config))
        except (OSError, KeyError, TypeError, ValueError, BadZipFile) as error:
            raise StructureError(
                f"{path} holds no energies: make them with `confdiff label {path}`."
            ) from error
