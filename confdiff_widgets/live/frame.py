"""One step of a run as a person looks at it: structures and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..analysis import (
    ca_rmsd,
    clash_free,
    mean_pairwise_rmsd,
    radius_of_gyration,
    rmsf,
    unbroken,
)
from ..geometry.atom14 import build_atom14
from ..geometry.residues import encode_sequence
from ..geometry.rigid import Rigid
from ..proteins.system import System
from ..sampling import State
from .recording import RecordedStep

Floats = NDArray[np.float32]

DIVERSITY_PAIRS = 200
"""Pairs of conformers that the diversity of a frame is measured on, at most."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A step, B conformers of L residues. Lengths in Å.

    Attributes
    ----------
    step : int
    t : float
        Diffusion time of ``noisy``; 0 at the end.
    gamma, eta : float or None
        GuidanceParameters of the step that led here; None at the start.
    noisy : ndarray, shape (B, L, 4, 3)
        N, CA, C, O of x_t.
    atom14 : ndarray, shape (B, L, 14, 3), or None
        Heavy atoms of x̂_0, the predicted structures (of the result when t is 0); None at the
        start. What follows is measured on it and None with it.
    radius : ndarray, shape (B,)
        Radius of gyration.
    tics : ndarray, shape (B, 2)
        None without a reference, as is the next.
    rmsd : ndarray, shape (B,)
        CA-RMSD to the folded structure.
    diversity : float
        Mean CA-RMSD between conformers.
    rmsf : ndarray, shape (L,)
    sound : ndarray of bool, shape (B, 2)
        No clash; no broken bond.
    scores : dict of float
        Root mean square of each part of the score (translations, per 10 Å).
    push : ndarray, shape (B, L, 3), or None
        The physical term of the score on each residue (per 10 Å).
    energy : ndarray, shape (B,), or None
        Learned intermediate energy, dimensionless.
    """

    step: int
    t: float
    gamma: float | None
    eta: float | None
    noisy: Floats
    atom14: Floats | None = None
    radius: Floats | None = None
    tics: Floats | None = None
    rmsd: Floats | None = None
    diversity: float | None = None
    rmsf: Floats | None = None
    sound: NDArray[np.bool_] | None = None
    scores: dict[str, float] | None = None
    push: Floats | None = None
    energy: Floats | None = None

    @property
    def extent(self) -> NDArray[np.float64] | None:
        """How far the farthest CA of each conformer lies from its middle, (B,)."""
        if self.atom14 is None:
            return None
        return np.linalg.norm(self.atom14[:, :, 1].astype(np.float64), axis=-1).max(axis=1)

    @property
    def predicted(self) -> Floats | None:
        """N, CA, C, O of x̂_0, (B, L, 4, 3)."""
        return None if self.atom14 is None else self.atom14[:, :, :4]

    @property
    def force(self) -> Floats | None:
        """Size of the physical term on each residue, (B, L)."""
        return None if self.push is None else np.linalg.norm(self.push, axis=-1)


def observe(state: State, system: System) -> Frame:
    """Measure a state."""
    aatype = encode_sequence(system.sequence)
    evaluation = state.evaluation
    if evaluation is None:
        length = len(system.sequence)
        torsions = torch.zeros(*state.rigid.shape[:1], length, 7, 2)
        torsions[..., 1] = 1.0  # only the oxygens depend on them
        return Frame(0, state.t, None, None, _atoms(state.rigid, torsions, aatype)[:, :, :4])
    finished = state.t == 0
    torsions = evaluation.torsions.cpu()
    noisy = _atoms(state.rigid, torsions, aatype)
    atom14 = noisy if finished else _atoms(evaluation.frames, torsions, aatype)
    physical = evaluation.physical
    return Frame(
        step=state.step,
        t=state.t,
        gamma=state.gamma,
        eta=state.eta,
        noisy=noisy[:, :, :4],
        atom14=atom14,
        scores=state.mean_scores(),
        push=None if physical is None else physical.trans.cpu().numpy(),
        energy=None if evaluation.energy is None else evaluation.energy.cpu().numpy(),
        **measure(atom14, system),
    )


def recall(recorded: RecordedStep, system: System) -> Frame:
    """Measure a recorded step."""
    aatype = encode_sequence(system.sequence)
    noisy = _atoms(recorded.rigid, recorded.torsions, aatype)
    finished = recorded.t == 0
    atom14 = noisy if finished else _atoms(recorded.prediction, recorded.torsions, aatype)
    return Frame(
        step=recorded.step,
        t=recorded.t,
        gamma=recorded.gamma,
        eta=recorded.eta,
        noisy=noisy[:, :, :4],
        atom14=atom14,
        scores=recorded.scores,
        push=None if recorded.push is None else recorded.push.numpy(),
        energy=None if recorded.energy is None else np.array(recorded.energy, dtype=np.float32),
        **measure(atom14, system),
    )


def measure(atom14: Floats, system: System) -> dict:
    """What is measured on predicted structures (B, L, 14, 3): fields of `Frame`."""
    ca = atom14[:, :, 1]
    many, reference = len(ca) > 1, system.reference
    return {
        "radius": radius_of_gyration(ca),
        "tics": None if reference is None else reference.tica.transform(ca)[:, :2],
        "rmsd": None if reference is None else ca_rmsd(ca, reference.folded_ca),
        "diversity": mean_pairwise_rmsd(ca, max_pairs=DIVERSITY_PAIRS) if many else 0.0,
        "rmsf": rmsf(ca) if many else np.zeros(ca.shape[1], dtype=np.float32),
        "sound": np.stack([clash_free(ca), unbroken(ca)], axis=1),
    }


def _atoms(frames: Rigid, torsions: torch.Tensor, aatype: torch.Tensor) -> Floats:
    return build_atom14(frames.to(device="cpu").center(), torsions, aatype).float().numpy()
