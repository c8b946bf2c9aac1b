"""Settings and training data of guidance heads."""

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
from ..guidance.registry import KINDS, kind_of_head
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
        A gradient head predicts ∇E_t on positions and orientations; a force head, as published, on
        positions only; an energy head predicts E_t, which is differentiated during sampling.
    estimator : "exact", "batch" or "released"
        See :mod:`confdiff_widgets.training.matching`. The latter two require a force head.
    """

    kind: Head
    estimator: Estimator = "exact"

    def __post_init__(self) -> None:
        heads = [head for kind in KINDS.values() for head in kind.heads]
        for name, known in (("kind", heads), ("estimator", get_args(Estimator))):
            if getattr(self, name) not in known:
                raise SettingsError(
                    f"head: {name} is {getattr(self, name)!r}. Use {', '.join(known)}."
                )
        if self.kind != "force" and self.estimator != "exact":
            raise SettingsError(
                f"head: estimator {self.estimator!r} requires a force head. Use kind = 'force' or "
                "the exact estimator."
            )

    def check_data(self, conformers: Sequence[Conformers], *, has_teacher: bool) -> None:
        """Check that the conformers have energies if there is no teacher.

        Raises
        ------
        SettingsError
            If neither is the case.
        """
        missing = [part.name for part in conformers if part.energy is None]
        if missing and not has_teacher:
            raise SettingsError(
                f"A guidance head learns from energies, and {', '.join(missing)} has none. Give "
                "labels or a target temperature in the recipe, or a teacher."
            )

    def objective(
        self, base: ScoreNetwork, t_min: float, teacher: ScoreNetwork | None = None
    ) -> Objective:
        """Return the training objective of this head, for conformers of ``base``'s distribution.

        With a ``teacher`` the head is trained by distillation instead of from energies. The forward
        process is that of ``base``.
        """
        process = base.config.process()
        if teacher is not None:
            return Distillation(base, teacher, t_min, process)
        if kind_of_head(self.kind) == "energy":
            return EnergyMatching(t_min, process)
        return ForceMatching(base, self.estimator, t_min, process)


@dataclass(frozen=True)
class LabelledProtein:
    """Conformers of one protein with energies, written by ``confdiff label``.

    Attributes
    ----------
    name : str
    labels : str
        NPZ file, relative to the recipe.
    strength : float, optional
        Energy scale λ, the range of the dimensionless energies. Default: that of the labels, whose
        effective sample size is a fifth of the conformers.
    probability : float
        Relative frequency with which the protein is drawn.
    """

    name: str
    labels: str
    strength: float | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.probability < math.inf:
            raise SettingsError(
                f"{self.name}: probability is {self.probability}. Give a number above 0."
            )
        if self.strength is not None and not 0 < self.strength < math.inf:
            raise SettingsError(
                f"{self.name}: strength (λ) is {self.strength}. Give a number above 0."
            )

    def read(self, folder: Path) -> Conformers:
        """Read the included conformers, with energies shifted so that the mean of e^{-E} is 1.

        Raises
        ------
        SettingsError
            If no λ is given and the labels determine none.
        """
        labels = Labels.load(folder / self.labels)
        energy_scale = labels.energy_scale if self.strength is None else self.strength
        if energy_scale is None:
            raise SettingsError(
                f"{self.name}: the {labels.included.sum()} energies of {self.labels} are too few "
                "or too equal to choose λ. Label more conformers, or set strength in the recipe."
            )
        chosen = labels.included
        energy = torch.from_numpy(reduced_energies(labels.energy[chosen], energy_scale)).float()
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
