"""An ensemble with the energies and forces of its conformers, and its file format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..ensembles.ensemble import Ensemble
from ..ensembles.output_files import OutputError
from ..geometry.structure import StructureError
from .boltzmann_weights import (
    choose_lambda,
    effective_temperature,
    ess,
    included,
    reduced_energies,
)
from .chemistry import Chemistry
from .config import EnergyConfig
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

        The file is written under a temporary name and renamed when it is complete.

        Raises
        ------
        OutputError
            If the file cannot be written.
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
                    chemistry=np.array(json.dumps(asdict(self.molecules.chemistry))),
                    caps=self.molecules.caps,
                    counted=self.included,
                    strength=_number(self.energy_scale),
                    ess=_number(self.ess),
                    temperature=_number(self.effective_temperature),
                )
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OutputError(
                f"Writing {path} failed: {error.strerror}. Free some disk space, or choose another "
                "folder."
            ) from error

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
            with np.load(path, allow_pickle=False) as data:
                config = json.loads(str(data["config"]))
                config["force_field"] = tuple(config["force_field"])
                names = ("energy", "components", "ca_forces", "reason")
                arrays = {name: data[name] for name in names}
                form = caps = None
                if "chemistry" in data:  # which older labels lack
                    form = Chemistry.from_dict(json.loads(str(data["chemistry"])))
                    caps = MolecularEnsemble(ensemble, form, data["caps"]).caps
                return cls(ensemble, **arrays, config=EnergyConfig(**config), form=form, caps=caps)
        except (OSError, KeyError, TypeError, ValueError, BadZipFile) as error:
            raise StructureError(
                f"{path} holds no energies. Compute them with `confdiff label {path}`."
            ) from error


def _number(value: float | None) -> float:
    return np.nan if value is None else value
