"""Training data: conformers of proteins as frames, torsions and backbone atoms in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..ensembles.heavy_atoms import load_atom14, require_chain
from ..errors import SettingsError
from ..geometry.atom14 import BACKBONE, frames_and_torsions
from ..geometry.residues import encode_sequence
from ..geometry.rigid import Rigid
from ..geometry.structure import StructureError
from ..models.temperature import eta_of_temperature

HOTTEST = 10_000.0
"""Highest temperature of a simulation, K."""


@dataclass(frozen=True)
class Conformers:
    """Conformers of one protein, centred.

    Attributes
    ----------
    name, sequence : str
    rigid : Rigid, shape (N, L)
        Backbone frames, Å.
    torsions : Tensor, shape (N, L, 7, 2)
        Unit (sin, cos) pairs.
    torsion_mask : Tensor, shape (L, 7)
    backbone : Tensor, shape (N, L, 4, 3)
        N, CA, C, O with the bond lengths and angles of the data, Å.
    replica : Tensor, shape (N,)
        Index of the trajectory that a conformer comes from.
    energy : Tensor or None, shape (N,)
        Dimensionless energies E with a mean e^{-E} of 1, for a guidance head.
    inverse_temperature : Tensor or None, shape (N,)
        η of :mod:`confdiff_widgets.models.temperature`, for a thermal network.
    """

    name: str
    sequence: str
    rigid: Rigid
    torsions: Tensor
    torsion_mask: Tensor
    backbone: Tensor
    replica: Tensor
    energy: Tensor | None = None
    inverse_temperature: Tensor | None = None

    def __len__(self) -> int:
        return len(self.backbone)

    def select(self, index: Tensor) -> Conformers:
        """Return the conformers of an index or boolean mask."""
        return Conformers(
            self.name,
            self.sequence,
            self.rigid[index],
            self.torsions[index],
            self.torsion_mask,
            self.backbone[index],
            self.replica[index],
            None if self.energy is None else self.energy[index],
            None if self.inverse_temperature is None else self.inverse_temperature[index],
        )

    def at_temperatures(self, kelvin: np.ndarray) -> Conformers:
        """Return the conformers with the temperatures (N,) at which they were simulated, K.

        Raises
        ------
        SettingsError
            If a temperature is not a number of kelvin above 0.
        """
        wrong = kelvin[~((kelvin > 0) & (kelvin <= HOTTEST))]
        if len(wrong):
            raise SettingsError(
                f"{self.name} has a temperature of {wrong[0]:g} K. Give temperatures above 0, up "
                f"to {HOTTEST:g} K."
            )
        eta = eta_of_temperature(torch.from_numpy(kelvin).double()).float()
        return dataclasses.replace(self, inverse_temperature=eta)

    @property
    def ess(self) -> float:
        """Effective sample size (Σw)² / Σw² of the weights e^{-E}; without energies, the count."""
        if self.energy is None:
            return float(len(self))
        weights = torch.exp(-self.energy.double())
        return float(weights.sum() ** 2 / (weights**2).sum())

    @classmethod
    def from_atom14(
        cls, name: str, sequence: str, positions: Tensor, mask: Tensor, replica: Tensor
    ) -> Conformers:
        """Create conformers from heavy atoms (N, L, 14, 3) in Å and their mask (L, 14).

        Raises
        ------
        StructureError
            If carbonyl oxygens are missing.
        """
        if not mask[:, 3].all():
            missing = (~mask[:, 3]).nonzero().flatten().tolist()
            raise StructureError(
                f"Carbonyl oxygens are missing in residues {[i + 1 for i in missing]} of {name}. "
                "Give files with N, CA, C and O of every residue."
            )
        centre = positions[:, :, 1].mean(1)[:, None, None]
        positions = (positions - centre) * mask[..., None]
        recovered = frames_and_torsions(
            positions.double(), mask.expand(positions.shape[:-1]), encode_sequence(sequence)
        )
        return cls(
            name=name,
            sequence=sequence,
            rigid=recovered.frames.to(torch.float32),
            torsions=recovered.torsions.float(),
            torsion_mask=recovered.torsion_mask[0],
            backbone=positions[:, :, BACKBONE].float(),
            replica=replica,
        )


def read_conformers(
    name: str,
    trajectories: Sequence[str | Path],
    topology: str | Path | None = None,
    *,
    sequence: str | None = None,
    skip: int = 0,
    keep: Sequence[np.ndarray] | None = None,
) -> Conformers:
    """Read trajectories of one protein.

    Parameters
    ----------
    trajectories : paths
        Structure, trajectory or NPZ files; each counts as one replica.
    topology : path, optional
        Structure file for formats without one.
    sequence : str, optional
        Checked against the topology.
    skip : int
        Number of frames to leave out at the start of each trajectory.
    keep : sequence of boolean arrays, one for each trajectory, optional
        Frames to keep (before ``skip`` is applied).

    Raises
    ------
    StructureError
        If a file cannot be read, the files do not match each other, a bond is broken, or no frame
        is left.
    """
    if not trajectories:
        raise StructureError(f"No trajectories given for {name}. Give at least one.")
    parts, replicas = [], []
    mask: Tensor | None = None
    for number, path in enumerate(trajectories):
        loaded = load_atom14(path, topology=topology, sequence=sequence)
        require_chain(loaded, path)
        # All trajectories belong to one protein; only atoms present in all of them are used.
        sequence = loaded.sequence
        mask = loaded.mask if mask is None else mask & loaded.mask
        positions = loaded.positions
        chosen = torch.ones(len(positions), dtype=torch.bool)
        if keep is not None:
            selected = torch.from_numpy(np.asarray(keep[number], dtype=bool))
            if len(selected) != len(chosen):
                raise StructureError(
                    f"'keep' has {len(selected)} entries for {path}, which has {len(chosen)} "
                    "frames. Give one entry per frame."
                )
            chosen &= selected
        chosen[:skip] = False
        parts.append(positions[chosen])
        replicas.append(torch.full((int(chosen.sum()),), number))
    positions = torch.cat(parts)
    if not len(positions):
        raise StructureError(
            f"No frames of {name} are left after skipping {skip} per trajectory. Lower skip or "
            "select more frames."
        )
    assert sequence is not None and mask is not None
    return Conformers.from_atom14(name, sequence, positions, mask, torch.cat(replicas))
