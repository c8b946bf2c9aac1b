"""The result of a run: conformers with the settings that made them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from ..geometry.atom14 import build_atom14
from ..geometry.residues import encode_sequence
from ..geometry.rigid import Rigid
from ..geometry.structure import StructureError, to_trajectory
from .writers import (
    FORMATS,
    OutputError,
    check_output,
    residue_rmsf,
    save_trajectory,
    topology_beside,
    write_files,
)

if TYPE_CHECKING:
    import mdtraj

__all__ = ["FORMATS", "Ensemble", "OutputError", "check_output", "topology_beside"]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Conformers of one protein.

    Attributes
    ----------
    atom14 : Tensor, shape (N, L, 14, 3)
        Heavy atoms, Å, centre of the CA atoms at 0; atoms that a residue lacks are 0.
    sequence : str
    settings : dict
        What reproduces the ensemble.
    """

    atom14: Tensor
    sequence: str
    settings: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.atom14)

    @classmethod
    def from_frames(
        cls, frames: Rigid, torsions: Tensor, sequence: str, settings: dict | None = None
    ) -> Ensemble:
        """From backbone frames (N, L) in Å and torsions (N, L, 7, 2)."""
        aatype = encode_sequence(sequence)
        atom14 = build_atom14(frames.center(), torsions, aatype).float().cpu()
        return cls(atom14, sequence, settings or {})

    @property
    def ca(self) -> np.ndarray:
        """CA positions (N, L, 3), Å."""
        return self.atom14[:, :, 1].numpy()

    @property
    def backbone(self) -> np.ndarray:
        """N, CA, C, O positions (N, L, 4, 3), Å."""
        return self.atom14[:, :, :4].numpy()

    @property
    def rmsf(self) -> np.ndarray:
        """How much each residue moves, (L,) in Å: CA, superposed on the mean."""
        return residue_rmsf(self.atom14[:, :, 1])

    def trajectory(self, *, heavy: bool = False) -> mdtraj.Trajectory:
        """As an mdtraj trajectory (in nm): the backbone, or all heavy atoms."""
        return to_trajectory(self.atom14, self.sequence, heavy=heavy)

    def table(self) -> dict[str, np.ndarray]:
        """One row a conformer: size and the two distances that show a broken structure (Å)."""
        ca = self.atom14[:, :, 1]
        neighbours = torch.linalg.vector_norm(ca[:, 1:] - ca[:, :-1], dim=-1)
        distances = torch.cdist(ca, ca)
        distances = distances + torch.diag(torch.full((ca.shape[1],), torch.inf))
        radius = torch.sqrt(((ca - ca.mean(1, keepdim=True)) ** 2).sum(-1).mean(-1))
        return {
            "conformer": np.arange(len(self)),
            "radius_of_gyration": radius.numpy(),
            "end_to_end": torch.linalg.vector_norm(ca[:, -1] - ca[:, 0], dim=-1).numpy(),
            "shortest_ca_distance": distances.amin((1, 2)).numpy(),
            "longest_ca_bond": neighbours.amax(-1).numpy()
            if ca.shape[1] > 1
            else np.zeros(len(self)),
        }

    def save(self, path: str | Path, *, heavy: bool = False) -> list[Path]:
        """Write PDB, mmCIF, XTC (with NAME-topology.pdb, a conformer) or NPZ, by the ending.

        Files appear only when they are complete; see :mod:`confdiff_widgets.ensembles.writers`. All
        atoms with hydrogens are written by :mod:`confdiff_widgets.physics.all_atom`.

        Returns
        -------
        list of Path
            The files that were written.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        path = check_output(path)
        if path.suffix.lower() == ".npz":
            return write_files({path: self._save_npz})
        return save_trajectory(path, self.trajectory(heavy=heavy), self.rmsf)

    def _save_npz(self, file: Path) -> None:
        np.savez_compressed(
            file,
            atom14=self.atom14.numpy(),
            sequence=np.array(self.sequence),
            settings=np.array(json.dumps(self.settings)),
        )

    @classmethod
    def load(cls, path: str | Path) -> Ensemble:
        """Read an ensemble that was saved as NPZ.

        Raises
        ------
        StructureError
            If the file cannot be read, or is of another kind.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                return cls(
                    torch.from_numpy(data["atom14"]),
                    str(data["sequence"]),
                    json.loads(str(data["settings"])),
                )
        except (OSError, KeyError, TypeError, ValueError, EOFError, BadZipFile) as error:
            raise StructureError(
                f"{path} is not an ensemble that was saved as NPZ by this package: {error}"
            ) from error
