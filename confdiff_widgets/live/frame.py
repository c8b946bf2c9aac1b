"""Frames: the structures of one step of a run, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..analysis import (
    backbone_clash_free,
    ca_rmsd,
    clash_free,
    mean_pairwise_rmsd,
    radius_of_gyration,
    rmsf,
    unbroken,
)
from ..geometry.atom14 import build_atom14, planar_side_chains
from ..geometry.residues import encode_sequence
from ..geometry.rigid import Rigid
from ..guidance.parameters import GuidanceParameters
from ..proteins.system import System
from ..sampling import State
from .step_format import RecordedStep

Floats = NDArray[np.float32]

DIVERSITY_PAIRS = 200
"""Maximum number of pairs of conformers on which the diversity of a frame is measured."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A step with B conformers of L residues. Lengths in Å.

    Attributes
    ----------
    step : int
    t : float
        Diffusion time of ``noisy``; 0 at the end.
    noisy : ndarray, shape (B, L, 4, 3)
        N, CA, C, O of x_t.
    evaluated_t : float or None
        Time at which the score and the predicted structures were evaluated; None at the start.
    parameters : GuidanceParameters or None
        γ and η of the step that led here, numbers or schedules; None at the start.
    atom14 : ndarray, shape (B, L, 14, 3), or None
        Heavy atoms of x̂₀, the predicted structures (of the result when t is 0); None at the
        start. The following attributes are measured on it and None with it.
    radius : ndarray, shape (B,)
        Radius of gyration.
    tics : ndarray, shape (B, 2)
        Time-lagged independent components; None without a reference.
    rmsd : ndarray, shape (B,)
        CA-RMSD to the folded structure; None without a reference.
    diversity : float
        Mean CA-RMSD between conformers.
    rmsf : ndarray, shape (L,)
    valid : ndarray of bool, shape (B, 2)
        No clash of CA or backbone atoms; no broken bond.
    scores : dict of float
        Root mean square of each part of the score (translations, per 10 Å).
    physical_score : ndarray, shape (B, L, 3), or None
        Physical part of the score on each residue (per 10 Å).
    energy : ndarray, shape (B,), or None
        Learned intermediate energy, dimensionless.
    """

    step: int
    t: float
    noisy: Floats
    evaluated_t: float | None = None
    parameters: GuidanceParameters | None = None
    atom14: Floats | None = None
    radius: Floats | None = None
    tics: Floats | None = None
    rmsd: Floats | None = None
    diversity: float | None = None
    rmsf: Floats | None = None
    valid: NDArray[np.bool_] | None = None
    scores: dict[str, float] | None = None
    physical_score: Floats | None = None
    energy: Floats | None = None

    @property
    def gamma(self) -> float | None:
        """γ of the step that led here; None at the start."""
        return self._evaluated_parameters()[0]

    @property
    def eta(self) -> float | None:
        """η of the step that led here; None at the start."""
        return self._evaluated_parameters()[1]

    @property
    def extent(self) -> NDArray[np.float64] | None:
        """Largest distance of a CA atom from the centre of each conformer, (B,)."""
        if self.atom14 is None:
            return None
        return np.linalg.norm(self.atom14[:, :, 1].astype(np.float64), axis=-1).max(axis=1)

    @property
    def predicted(self) -> Floats | None:
        """N, CA, C, O of x̂₀, (B, L, 4, 3)."""
        return None if self.atom14 is None else self.atom14[:, :, :4]

    @property
    def force(self) -> NDArray[np.floating] | None:
        """Physical part of the score on each residue, (B, L, 3) in kT/Å."""
        score = self.physical_score
        return None if score is None else (score / 10).astype(np.float32)

    def _evaluated_parameters(self) -> tuple[float | None, float | None]:
        if self.parameters is None or self.evaluated_t is None:
            return None, None
        return self.parameters.at(self.evaluated_t)


def frame_of_state(state: State, system: System) -> Frame:
    """Return the frame of a state of a run."""
    aatype = encode_sequence(system.sequence)
    evaluation = state.evaluation
    if evaluation is None:
        # Of the backbone, only the oxygens depend on them.
        side_chains = planar_side_chains(len(state.rigid.trans), len(system.sequence))
        return Frame(0, state.t, _build_atoms(state.rigid, side_chains, aatype)[:, :, :4])
    side_chains = evaluation.side_chains.cpu()
    noisy = _build_atoms(state.rigid, side_chains, aatype)
    finished = state.t == 0
    atom14 = noisy if finished else _build_atoms(evaluation.frames, side_chains, aatype)
    physical = evaluation.physical
    return Frame(
        step=state.step,
        t=state.t,
        noisy=noisy[:, :, :4],
        evaluated_t=state.evaluated_t,
        parameters=state.parameters,
        atom14=atom14,
        scores=state.mean_scores(),
        physical_score=None if physical is None else physical.trans.cpu().numpy(),
        energy=None if evaluation.energy is None else evaluation.energy.cpu().numpy(),
        **measure_structures(atom14, system),
    )


def frame_of_recorded_step(recorded: RecordedStep, system: System) -> Frame:
    """Return the frame of a step of a saved run."""
    aatype = encode_sequence(system.sequence)
    noisy = _build_atoms(recorded.rigid, recorded.side_chains, aatype)
    finished = recorded.t == 0
    atom14 = noisy if finished else _build_atoms(recorded.prediction, recorded.side_chains, aatype)
    physical, energy = recorded.physical, recorded.energy
    return Frame(
        step=recorded.step,
        t=recorded.t,
        noisy=noisy[:, :, :4],
        evaluated_t=recorded.evaluated_t,
        parameters=recorded.parameters,
        atom14=atom14,
        scores=recorded.scores,
        physical_score=None if physical is None else physical.numpy(),
        energy=None if energy is None else np.array(energy, dtype=np.float32),
        **measure_structures(atom14, system),
    )


def measure_structures(atom14: Floats, system: System) -> dict:
    """Return the fields of `Frame` that are measured on structures (B, L, 14, 3)."""
    ca = atom14[:, :, 1]
    several, reference = len(ca) > 1, system.reference
    return {
        "radius": radius_of_gyration(ca),
        "tics": None if reference is None else reference.tica.transform(ca)[:, :2],
        "rmsd": None if system.folded is None else ca_rmsd(ca, system.folded[:, 1]),
        "diversity": mean_pairwise_rmsd(ca, max_pairs=DIVERSITY_PAIRS) if several else 0.0,
        "rmsf": rmsf(ca) if several else np.zeros(ca.shape[1], dtype=np.float32),
        "valid": np.stack(
            [clash_free(ca) & backbone_clash_free(atom14[:, :, :4]), unbroken(ca)], axis=1
        ),
    }


def _build_atoms(frames: Rigid, side_chains: torch.Tensor, aatype: torch.Tensor) -> Floats:
    return build_atom14(frames.to(device="cpu").center(), side_chains, aatype).float().numpy()
