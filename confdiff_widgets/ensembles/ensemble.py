"""Ensembles of conformers with the settings of the run that sampled them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..analysis import ca_distances, radius_of_gyration, rmsf
from ..files.arrays import TEXT, Array, read_arrays
from ..files.reading import FormatError, parse_json
from ..files.writing import write_files
from ..geometry.atom14 import build_atom14
from ..geometry.residues import SequenceError, check_sequence, encode_sequence
from ..geometry.rigid import Rigid
from ..geometry.structure import StructureError, to_trajectory
from .output_files import check_output
from .writers import check_coordinates, save_trajectory

if TYPE_CHECKING:
    import mdtraj

ARRAYS = {"atom14": Array("f", ("N", "L", 14, 3)), "sequence": TEXT, "settings": TEXT}
"""Arrays of an NPZ file."""

RMSF_ROUNDS = 3
"""Rounds of superposition on the mean; the mean is then converged to 1e-3 Å."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Conformers of one protein.

    Attributes
    ----------
    atom14 : Tensor, shape (N, L, 14, 3)
        Heavy atoms, Å, with the centre of the CA atoms at 0; absent atoms are 0.
    sequence : str
    settings : dict
        Settings that reproduce the ensemble.
    """

    atom14: Tensor
    sequence: str
    settings: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.atom14)

    @classmethod
    def from_frames(
        cls, frames: Rigid, side_chains: Tensor, sequence: str, settings: dict | None = None
    ) -> Ensemble:
        """Build conformers from backbone frames (N, L) in Å and the side chains of a model."""
        aatype = encode_sequence(sequence)
        atom14 = build_atom14(frames.center(), side_chains, aatype).float().cpu()
        return cls(atom14, sequence, settings or {})

    @property
    def ca(self) -> np.ndarray:
        """CA positions (N, L, 3), Å."""
        return self.atom14[:, :, 1].numpy()

    @property
    def backbone(self) -> np.ndarray:
        """Positions of N, CA, C, O (N, L, 4, 3), Å."""
        return self.atom14[:, :, :4].numpy()

    @property
    def rmsf(self) -> np.ndarray:
        """RMSF (L,) of the CA atoms, superposed on their mean, Å."""
        if len(self) < 2:
            return np.zeros(len(self.sequence))
        return rmsf(self.ca, max_rounds=RMSF_ROUNDS)

    def trajectory(self, *, heavy: bool = False) -> mdtraj.Trajectory:
        """Convert the backbone, or all heavy atoms, to an mdtraj trajectory (in nm)."""
        return to_trajectory(self.atom14, self.sequence, heavy=heavy)

    def table(self) -> dict[str, np.ndarray]:
        """Tabulate size and extreme CA distances (Å) of each conformer, as arrays (N,).

        The shortest CA distance reveals clashes and the longest CA bond reveals broken chains.
        """
        ca = self.ca
        several = ca.shape[1] > 1
        bonds = np.linalg.norm(np.diff(ca, axis=1), axis=-1)
        return {
            "conformer": np.arange(len(self)),
            "radius_of_gyration": radius_of_gyration(ca),
            "end_to_end": np.linalg.norm(ca[:, -1] - ca[:, 0], axis=-1),
            "shortest_ca_distance": ca_distances(ca).min(1)
            if several
            else np.full(len(self), np.inf),
            "longest_ca_bond": bonds.max(1) if several else np.zeros(len(self)),
        }

    def save(self, path: str | Path, *, heavy: bool = False) -> list[Path]:
        """Write PDB, mmCIF, XTC (with NAME-topology.pdb of the first conformer) or NPZ.

        The ending of the name selects the format. Files appear only when they are complete.
        :mod:`confdiff_widgets.physics.all_atom` writes all atoms including hydrogens.

        Returns
        -------
        list of Path
            Paths of the files.

        Raises
        ------
        OutputError
            If a file cannot be written, or the run has diverged.
        """
        path = check_output(path)
        check_coordinates(self.atom14.numpy(), path)
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
            If the file cannot be read or is not such an ensemble.
        """
        try:
            arrays = read_arrays(path, ARRAYS)
            sequence = check_sequence(str(arrays["sequence"]))
            settings = parse_json(str(arrays["settings"]), dict[str, Any])
            shape = arrays["atom14"].shape
            if not shape[0] or shape[1] != len(sequence):
                raise FormatError(f"atom14 has the shape {shape} for {len(sequence)} residues")
        except (OSError, FormatError, SequenceError) as error:
            raise StructureError(
                f"{path} is not an ensemble that was saved as NPZ by this package: {error}"
            ) from error
        return cls(torch.from_numpy(arrays["atom14"]), sequence, settings)
