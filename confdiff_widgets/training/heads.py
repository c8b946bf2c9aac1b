"""Guidance heads: their settings, and conformers with energies to learn from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch

from ..errors import SettingsError
from ..geometry.residues import encode_sequence, residue_tables
from ..models.config import Head
from ..models.network import ScoreNetwork
from ..physics.boltzmann_weights import reduced_energies
from ..physics.labels import Labels
from .conformers import Conformers
from .distillation import Distillation
from .matching import Estimator
from .objectives import EnergyMatching, ForceMatching, Objective


@dataclass(frozen=True)
class HeadConfig:
    """Settings of a guidance head, the ``[head]`` table of a recipe.

    Attributes
    ----------
    kind : "gradient", "force" or "energy"
        ∇E_t on positions and orientations; the published head, on positions alone; or E_t, of
        which sampling takes the gradient.
    estimator : "exact", "batch" or "released"
        The latter two for a force head; see :mod:`confdiff_widgets.training.matching`.
    """

    kind: Head
    estimator: Estimator = "exact"

    def __post_init__(self) -> None:
        for name, known in (("kind", get_args(Head)), ("estimator", get_args(Estimator))):
            if getattr(self, name) not in known:
                raise SettingsError(
                    f"head: {name} is {getattr(self, name)!r}; use {', '.join(known)}."
                )
        if self.kind != "force" and self.estimator != "exact":
            raise SettingsError(f"head: estimator {self.estimator!r} is for a force head alone.")

    def check_data(self, conformers: Sequence[Conformers], *, taught: bool) -> None:
        """Check that the conformers have what this head needs.

        Raises
        ------
        SettingsError
            If there is no teacher, and conformers come without energies.
        """
        missing = [part.name for part in conformers if part.energy is None]
        if missing and not taught:
            raise SettingsError(
                f"A guidance head learns from energies, and {', '.join(missing)} has none. Give "
                "labels or a target temperature in the recipe, or a teacher."
            )

    def objective(
        self, base: ScoreNetwork, t_min: float, teacher: ScoreNetwork | None = None
    ) -> Objective:
        """Return the objective of this head, for conformers of ``base``'s distribution.

        A ``teacher`` that learned the tilted distribution takes the place of their energies.
        """
        if teacher is not None:
            return Distillation(base, teacher, t_min)
        if self.kind == "energy":
            return EnergyMatching(t_min)
        return ForceMatching(base, self.estimator, t_min)


@dataclass(frozen=True)
class LabelledProtein:
    """Conformers of one protein with energies, written by ``confdiff label``.

    Attributes
    ----------
    name : str
    labels : str
        NPZ, relative to the recipe.
    strength : float, optional
        λ, the span of the dimensionless energies; left out, the one of the labels, which keeps a
        fifth of the conformers in effect.
    probability : float
        How often the protein is drawn, relative to the others.
    """

    name: str
    labels: str
    strength: float | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.probability < math.inf:
            raise SettingsError(f"{self.name}: probability is {self.probability}, not above 0.")
        if self.strength is not None and not 0 < self.strength < math.inf:
            raise SettingsError(f"{self.name}: strength (λ) is {self.strength}, not above 0.")

    def read(self, folder: Path) -> Conformers:
        """Read the included conformers, with energies shifted so that the mean of e^{-E} is 1."""
        labels = Labels.load(folder / self.labels)
        strength = labels.energy_scale if self.strength is None else self.strength
        chosen = labels.included
        energy = torch.from_numpy(reduced_energies(labels.energy[chosen], strength)).float()
        energy = energy + torch.logsumexp(-energy, 0) - math.log(len(energy))
        sequence = labels.ensemble.sequence
        conformers = Conformers.from_atom14(
            self.name,
            sequence,
            labels.ensemble.atom14[torch.from_numpy(chosen)],
            residue_tables().atom_mask[encode_sequence(sequence)],
            torch.zeros(len(energy), dtype=torch.long),
        )
        return dataclasses.replace(conformers, energy=energy)
