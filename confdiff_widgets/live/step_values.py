"""Values of every step of a run, also of steps that are not drawn: they cost little.

The frames of a run at full speed are measured only when the display can draw one. The curves of
energy, RMSD and native contacts have a value for each step between two drawings nevertheless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..analysis import ca_rmsd, native_contact_fraction
from ..geometry.rigid import Rigid
from ..proteins.system import System
from ..sampling import State
from .step_format import RecordedStep

Floats = NDArray[np.float32]

BATCH = 2048
"""Number of conformers that are measured at once."""


@dataclass(frozen=True, eq=False)
class StepValues:
    """Values of the predicted structures x̂₀ of a step, one for each of B conformers.

    Attributes
    ----------
    energy : ndarray, shape (B,), or None
        Estimate of the minimised OpenMM energy, kcal/mol; None without a surrogate.
    rmsd : ndarray, shape (B,), or None
        CA-RMSD to the folded structure, Å; None without a folded structure.
    contacts : ndarray, shape (B,), or None
        Fraction of native contacts; None without a folded structure.
    """

    energy: Floats | None
    rmsd: Floats | None
    contacts: Floats | None


class _Structures(NamedTuple):
    frames: Rigid
    torsions: Tensor
    t: float


def values_of_states(states: Sequence[State], system: System) -> list[StepValues]:
    """Return the values of states that have a prediction, computed in batches on their device."""
    structures = []
    for state in states:
        evaluation = state.evaluation
        assert evaluation is not None
        finished = state.t == 0
        frames = state.rigid if finished else evaluation.frames
        t = 0.0 if finished else state.evaluated_t
        assert t is not None
        structures.append(_Structures(frames, evaluation.side_chains, t))
    return _values(structures, system)


def values_of_recorded_steps(steps: Sequence[RecordedStep], system: System) -> list[StepValues]:
    """Return the values of the steps of a saved run."""
    return _values(
        [
            _Structures(
                step.prediction if step.t else step.rigid,
                step.side_chains,
                step.evaluated_t if step.t else 0.0,
            )
            for step in steps
        ],
        system,
    )


def _values(structures: list[_Structures], system: System) -> list[StepValues]:
    size = max(1, BATCH // len(structures[0].torsions)) if structures else 1
    parts = (structures[k : k + size] for k in range(0, len(structures), size))
    return [values for part in parts for values in _batch_values(part, system)]


@torch.inference_mode()
def _batch_values(structures: list[_Structures], system: System) -> list[StepValues]:
    frames = Rigid(
        torch.cat([s.frames.quat for s in structures]),
        torch.cat([s.frames.trans for s in structures]),
    )
    count = len(structures)
    energy = rmsd = contacts = None
    surrogate = system.energy_surrogate(str(frames.trans.device))
    if surrogate is not None:
        torsions = torch.cat([s.torsions for s in structures])
        t = torch.tensor([s.t for s in structures], device=torsions.device)
        t = t.repeat_interleave(len(frames.trans) // count)
        energy = _split(surrogate(frames, torsions, t).cpu().numpy(), count)
    if system.folded is not None:
        ca, folded = frames.trans.cpu().numpy(), system.folded[:, 1]
        rmsd = _split(ca_rmsd(ca, folded), count)
        contacts = _split(native_contact_fraction(ca, folded), count)
    return [
        StepValues(*(None if part is None else part[k] for part in (energy, rmsd, contacts)))
        for k in range(count)
    ]


def _split(values: np.ndarray, count: int) -> Floats:
    return values.astype(np.float32).reshape(count, -1)
