"""An ensemble with the energies and forces of its conformers, and its file format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..ensembles.ensemble import Ensemble
from ..files.arrays import TEXT, Array, read_arrays
from ..files.reading import FormatError, fill, parse_json
from ..files.writing import write_files
from ..geometry.structure import StructureError
from .boltzmann_weights import (
    choose_lambda,
    effective_temperature,
    ess,
    included,
    reduced_energies,
)
from .chemistry import Chemistry
from .config import EnergyConfig, PhysicsError
from .evaluator import EnergyResult
from .molecular_ensemble import MolecularEnsemble
from .molecule import COMPONENTS


@dataclass(frozen=True, eq=False)
class Labels:
    """Energies and forces of N conformers of L residues; NaN where none could be computed.

    Attributes
    ----------
    ensemble : Ensemble
    energy : array, shape (N,)
        Potential energy U, kcal/mol.
    components : array, shape (N, 5)
        Contributions to U in the order of ``COMPONENTS``, kcal/mol.
    ca_forces : array, shape (N, L, 3)
        Forces on the residues as in :class:`EnergyResult`, kcal/mol/Å.
    reason : array of str, shape (N,)
        Why an energy is NaN; empty otherwise.
    config : EnergyConfig
        Settings of the energy calculation.
    form : Chemistry, optional
        Chemical form of the protein. Default: the standard form of its sequence.
    caps : array, shape (N, C, 14, 3), optional
        Heavy atoms of its end groups, Å.
    """

    ensemble: Ensemble
    energy: np.ndarray
    components: np.ndarray
    ca_forces: np.ndarray
    reason: np.ndarray
    config: EnergyConfig
    form: Chemistry | None = None
    caps: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ensemble)

    @classmethod
    def from_results(
        cls, conformers: MolecularEnsemble, results: dict[int, EnergyResult], config: EnergyConfig
    ) -> Labels:
        """Collect the results of all conformers, by index."""
        ordered = [results[i] for i in range(len(conformers))]
        return cls(
            ensemble=conformers.ensemble,
            energy=np.array([r.energy for r in ordered]),
            components=np.array([[r.components[name] for name in COMPONENTS] for r in ordered]),
            ca_forces=np.array([r.ca_forces for r in ordered], dtype=np.float32),
            reason=np.array([r.reason or "" for r in ordered]),
            config=config,
            form=conformers.chemistry,
            caps=conformers.caps,
        )

    @property
    def molecules(self) -> MolecularEnsemble:
        """The conformers with the chemical form whose energies these are."""
        form = self.form or Chemistry.standard(self.ensemble.sequence)
        caps = np.zeros((len(self), 0, 14, 3)) if self.caps is None else self.caps
        return MolecularEnsemble(self.ensemble, form, caps)

    @cached_property
    def included(self) -> np.ndarray:
        """Mask (N,) of the conformers that are used: energies that are finite and no outliers."""
        return included(self.energy)

    @cached_property
    def energy_scale(self) -> float | None:
        """λ at which the effective sample size is a fifth of the included conformers.

        None if there is no such λ, see :func:`choose_lambda`; then there is no ESS and no
        temperature either.
        """
        return choose_lambda(self.energy[self.included])

    @property
    def ess(self) -> float | None:
        """Effective sample size of the weights e^{-E} at this λ."""
        if self.energy_scale is None:
            return None
        return ess(reduced_energies(self.energy[self.included], self.energy_scale))

    @property
    def effective_temperature(self) -> float | None:
        """Temperature that corresponds to this λ, K."""
        if self.energy_scale is None:
            return None
        return effective_temperature(self.energy[self.included], self.energy_scale)

    def save(self, path: Path) -> None:
        """Write an NPZ file, which :meth:`Ensemble.load` can read as well.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        arrays: dict[str, Any] = {
            "atom14": self.ensemble.atom14.numpy(),
            "sequence": np.array(self.ensemble.sequence),
            "settings": np.array(json.dumps(self.ensemble.settings)),
            "energy": self.energy,
            "components": self.components,
            "ca_forces": self.ca_forces,
            "reason": self.reason,
            "config": np.array(json.dumps(asdict(self.config))),
            "chemistry": np.array(json.dumps(asdict(self.molecules.chemistry))),
            "caps": self.molecules.caps,
            "counted": self.included,
            "strength": _number(self.energy_scale),
            "ess": _number(self.ess),
            "temperature": _number(self.effective_temperature),
        }
        write_files({path: lambda file: np.savez_compressed(file, **arrays)})

    @classmethod
    def load(cls, path: str | Path) -> Labels:
        """Read a file written by :meth:`save`.

        Raises
        ------
        StructureError
            If the file cannot be read or holds no labels.
        """
        ensemble = Ensemble.load(path)
        try:
            arrays = read_arrays(path, _arrays(len(ensemble), len(ensemble.sequence)))
            config = fill(EnergyConfig, parse_json(str(arrays.pop("config")), dict[str, Any]))
            form = None
            if "chemistry" in arrays:  # which older labels lack
                stored = parse_json(str(arrays.pop("chemistry")), dict[str, Any])
                form = Chemistry.from_dict(stored)
                if "caps" not in arrays:
                    raise FormatError("it has no array caps")
                arrays["caps"] = MolecularEnsemble(ensemble, form, arrays["caps"]).caps
        except (OSError, FormatError, PhysicsError) as error:
            raise StructureError(
                f"{path} holds no energies ({error}). Compute them with `confdiff label {path}`."
            ) from error
        return cls(ensemble, **arrays, config=config, form=form)


def _arrays(conformers: int, length: int) -> dict[str, Array]:
    """Return the arrays of the file besides those of the ensemble."""
    return {
        "energy": Array("f", (conformers,)),
        "components": Array("f", (conformers, len(COMPONENTS))),
        "ca_forces": Array("f", (conformers, length, 3)),
        "reason": Array("U", (conformers,)),
        "config": TEXT,
        "chemistry": TEXT._replace(required=False),
        "caps": Array("f", (conformers, "end groups", 14, 3), required=False),
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else value
