"""Training batches of one protein each, drawn with given probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..geometry.residues import encode_sequence
from ..geometry.rigid import Rigid
from ..representations.base import Features, Representation
from .conformers import Conformers

MIN_CROP = 5
"""Shortest crop of an unconditional batch, residues."""


class Batch(NamedTuple):
    """Conformers of one protein, or of a crop of it."""

    protein: str
    rigid_0: Rigid  # (B, L), Å, centred
    torsions: Tensor  # (B, L, 7, 2)
    torsion_mask: Tensor  # (L, 7)
    backbone: Tensor  # (B, L, 4, 3), Å, centred
    aatype: Tensor  # (L,)
    features: Features | None  # None for the unconditional network
    energy: Tensor | None  # (B,) dimensionless, for a guidance head
    inverse_temperature: Tensor | None = None  # (B,) η, for a thermal network


@dataclass
class BatchSampler:
    """Draws random training batches.

    Attributes
    ----------
    data : sequence of Conformers
    probabilities : sequence of float
        How often each protein is drawn.
    residues : int
        Number of residues in a batch; the batch size is residues / length, at least 1.
    representation : Representation or None
        None for an unconditional network, for which half of the batches are random contiguous
        crops.
    tilted : bool
        Draw conformers that have energies E with probability ∝ e^{-E} instead of uniformly.
    cold_weight : float
        Frequency of conformers at T_cold relative to those at T_hot, linear in η between. The
        distribution at each temperature is unchanged.
    """

    data: Sequence[Conformers]
    probabilities: Sequence[float]
    residues: int
    representation: Representation | None
    tilted: bool = False
    cold_weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.data or len(self.data) != len(self.probabilities):
            raise ValueError(
                f"There are {len(self.data)} proteins and {len(self.probabilities)} probabilities. "
                "Give at least one protein, and one probability for each."
            )
        self._weights = torch.tensor(self.probabilities, dtype=torch.float64)
        self._aatype = [encode_sequence(c.sequence) for c in self.data]
        self._features = [
            self.representation(c.sequence) if self.representation else None for c in self.data
        ]

    def draw(self, generator: torch.Generator) -> Batch:
        """Draw a random batch."""
        which = int(torch.multinomial(self._weights, 1, generator=generator))
        conformers = self.data[which]
        length = len(conformers.sequence)
        size = max(1, self.residues // length)
        shares = self._shares(conformers)
        if shares is None:
            index = torch.randint(len(conformers), (size,), generator=generator)
        else:
            index = torch.multinomial(shares, size, replacement=True, generator=generator)
        part = slice(0, length)
        if self.representation is None:
            part = _random_crop(length, generator)
        rigid, backbone = conformers.rigid[index][:, part], conformers.backbone[index][:, part]
        centre = rigid.trans.mean(1, keepdim=True)
        torsion_mask = conformers.torsion_mask[part].clone()
        torsion_mask[0, :2] = False  # omega and phi of the first residue need the previous residue
        return Batch(
            protein=conformers.name,
            rigid_0=Rigid(rigid.quat, rigid.trans - centre),
            torsions=conformers.torsions[index][:, part],
            torsion_mask=torsion_mask,
            backbone=backbone - centre[:, :, None],
            aatype=self._aatype[which][part],
            features=self._features[which],
            energy=_pick(conformers.energy, index),
            inverse_temperature=_pick(conformers.inverse_temperature, index),
        )

    def _shares(self, conformers: Conformers) -> Tensor | None:
        """Return the relative frequency of each conformer, or None for equal ones."""
        if self.tilted and conformers.energy is not None:
            return torch.softmax(-conformers.energy.double(), 0)
        if self.cold_weight != 1 and conformers.inverse_temperature is not None:
            return 1 + (self.cold_weight - 1) * conformers.inverse_temperature.double().clamp(0, 1)
        return None


def _pick(values: Tensor | None, index: Tensor) -> Tensor | None:
    return None if values is None else values[index]


def _random_crop(length: int, generator: torch.Generator) -> slice:
    whole = torch.rand(1, generator=generator).item() < 0.5
    if whole or length <= MIN_CROP:
        return slice(0, length)
    size = int(torch.randint(MIN_CROP, length + 1, (1,), generator=generator))
    start = int(torch.randint(0, length - size + 1, (1,), generator=generator))
    return slice(start, start + size)


def draw_times(size: int, t_min: float, generator: torch.Generator) -> Tensor:
    """Draw times (size,) in [t_min, 1], stratified and uniform in log t.

    Half of them fall between 0.02 and 0.2 (noise of 0.8 to 6 Å), where the fold forms.
    """
    strata = (torch.arange(size) + torch.rand(size, generator=generator)) / size
    return t_min ** (1 - strata)
