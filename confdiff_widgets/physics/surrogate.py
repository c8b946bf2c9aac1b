"""Energy surrogate: a small network that estimates the minimised OpenMM energy of a prediction x̂₀.

One surrogate belongs to one protein. It reads invariants of the backbone frames, the torsions and
t, so it needs no atoms, and costs a small part of a step of the sampler.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..files.writing import write_bytes
from ..geometry.residues import encode_sequence, residue_tables
from ..geometry.rigid import Rigid

FORMAT = "confdiff-energy-surrogate-1"

PEPTIDE_BOND = 1.33
"""Length of the bond between C and the next N, Å."""

REACH = 5.0
"""Decay length (Å) of the pair features exp(−d / 5 Å)."""

MEMBERS = 8
"""Networks whose mean is the estimate."""

WIDTH = 16
"""Hidden units of each network."""


@dataclass(frozen=True)
class SurrogateError:
    """Held-out error of a surrogate in a range of t.

    Attributes
    ----------
    low, high : float
        Range of t.
    count : int
        Number of held-out predictions.
    mae, median : float
        Mean and median of the absolute error, kcal/mol. The mean is that of the few conformers
        whose atoms clash, by hundreds of kcal/mol.
    spearman : float
        Rank correlation with the OpenMM energies.
    """

    low: float
    high: float
    count: int
    mae: float
    median: float
    spearman: float


def features(frames: Rigid, torsions: Tensor, t: Tensor, chi_mask: Tensor) -> Tensor:
    """Return invariants of predicted structures.

    Parameters
    ----------
    frames : Rigid, shape (B, L)
        Backbone frames, Å.
    torsions : Tensor, shape (B, L, 7, 2)
        Unit (sin, cos) pairs.
    t : Tensor, shape (B,)
        Time at which the structure was predicted; 0 for a result.
    chi_mask : Tensor, shape (L, 4)
        Which chi angles the residues have.

    Returns
    -------
    Tensor, shape (B, F)
        exp(−d / 5 Å) of the distances CA–CA, CB–CB, C–N and N–C of all pairs of residues, the
        deviations of the peptide bonds, the torsions, and t.
    """
    length = frames.trans.shape[1]
    tables = residue_tables()
    alanine = int(encode_sequence("A")[0])
    # N, C and CB are at the same places in the frames of all residues; glycine has a virtual CB
    local = tables.atom_position[alanine, [0, 2, 4]].to(frames.trans)
    placed = local @ frames.rotmats.transpose(-1, -2) + frames.trans[:, :, None]
    n, c, cb = placed.unbind(2)
    i, j = torch.triu_indices(length, length, 1, device=frames.trans.device)
    distances = [
        torch.linalg.vector_norm(a[:, i] - b[:, j], dim=-1)
        for a, b in ((frames.trans, frames.trans), (cb, cb), (c, n), (n, c))
    ]
    pairs = torch.exp(-torch.cat(distances, dim=1) / REACH)
    strain = torch.linalg.vector_norm(c[:, :-1] - n[:, 1:], dim=-1) - PEPTIDE_BOND
    bonds = torch.cat([strain.clamp(-1, 3), strain.square().clamp(max=4)], dim=1)
    mask = torch.cat([chi_mask.new_ones(length, 3), chi_mask], dim=1)
    angles = torsions[:, mask].flatten(1)
    return torch.cat([pairs, bonds, angles, t[:, None]], dim=1)


class EnergySurrogate(nn.Module):
    """Estimates minimised energies; the mean of several networks with one hidden layer.

    Parameters
    ----------
    sequence : str

    Attributes
    ----------
    errors : tuple of SurrogateError
        Held-out errors by range of t.
    """

    chi_mask: Tensor
    mean: Tensor
    sd: Tensor
    energy_centre: Tensor
    energy_scale: Tensor
    limits: Tensor

    def __init__(self, sequence: str):
        super().__init__()
        self.sequence = sequence
        self.errors: tuple[SurrogateError, ...] = ()
        mask = residue_tables().chi_mask[encode_sequence(sequence)]
        self.register_buffer("chi_mask", mask, persistent=False)
        inputs = count_features(sequence)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("sd", torch.ones(inputs))
        self.register_buffer("energy_centre", torch.zeros(()))
        self.register_buffer("energy_scale", torch.ones(()))
        self.register_buffer("limits", torch.tensor([-10.0, 10.0]))
        self.first = nn.Parameter(torch.randn(MEMBERS, inputs, WIDTH) / inputs**0.5)
        self.first_bias = nn.Parameter(torch.zeros(MEMBERS, 1, WIDTH))
        self.second = nn.Parameter(torch.randn(MEMBERS, WIDTH, 1) / WIDTH**0.5)
        self.linear = nn.Parameter(torch.zeros(MEMBERS, inputs, 1))
        self.bias = nn.Parameter(torch.zeros(MEMBERS, 1, 1))

    def forward(self, frames: Rigid, torsions: Tensor, t: Tensor) -> Tensor:
        """Estimate energies of predictions x̂₀.

        Parameters
        ----------
        frames : Rigid, shape (B, L)
            Backbone frames of x̂₀, Å.
        torsions : Tensor, shape (B, L, 7, 2)
            Unit (sin, cos) pairs.
        t : Tensor, shape (B,)
            Time at which x̂₀ was predicted; 0 for a result.

        Returns
        -------
        Tensor, shape (B,)
            kcal/mol.
        """
        return self.energy(features(frames, torsions, t, self.chi_mask))

    def energy(self, inputs: Tensor) -> Tensor:
        """Estimate energies (B,) in kcal/mol from features (B, F), within those of the training."""
        reduced = self.reduced(inputs).mean(0).clamp(self.limits[0], self.limits[1])
        return self.energy_centre + self.energy_scale * torch.sinh(reduced)

    def reduced(self, inputs: Tensor) -> Tensor:
        """Return asinh((E − centre) / scale) of each network, (members, B), from features (B, F).

        The range of energies of early predictions is that of clashes, so it is compressed.
        """
        x = ((inputs - self.mean) / self.sd).clamp(-5, 5)
        hidden = torch.nn.functional.silu(x @ self.first + self.first_bias)
        return (hidden @ self.second + x @ self.linear + self.bias).squeeze(-1)

    def save(self, path: str | Path) -> None:
        """Write the weights in half precision, with the sequence and the errors.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        header = {
            "format": FORMAT,
            "sequence": self.sequence,
            "errors": json.dumps([vars(error) for error in self.errors]),
        }
        weights = {name: value.half().contiguous() for name, value in self.state_dict().items()}
        write_bytes(Path(path), save(weights, metadata=header))

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "cpu") -> EnergySurrogate:
        """Read what :meth:`save` wrote."""
        with safe_open(path, framework="pt", device=str(device)) as file:
            header: Mapping[str, str] = file.metadata()
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        surrogate = cls(header["sequence"]).to(device)
        surrogate.load_state_dict(weights)
        found: Sequence[dict] = json.loads(header["errors"])
        surrogate.errors = tuple(SurrogateError(**error) for error in found)
        return surrogate.requires_grad_(False).eval()


def count_features(sequence: str) -> int:
    """Return the number of features of a sequence."""
    length = len(sequence)
    mask = residue_tables().chi_mask[encode_sequence(sequence)]
    pairs = length * (length - 1) // 2
    return 4 * pairs + 2 * (length - 1) + 2 * (3 * length + int(mask.sum())) + 1
