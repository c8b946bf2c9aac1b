"""Format of one step of a saved run: its line of ``steps.jsonl``, and its numbers."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import msgspec
import torch
from torch import Tensor

from ..files.reading import FormatError, parse_json
from ..geometry.rigid import Rigid
from ..guidance.parameters import GuidanceParameters
from ..guidance.schedule import Schedule, Strength, make_strength, strength_at
from ..sampling import State

FRAME_WIDTH = 7 + 7 + 14
"""Floats per residue in one step of ``frames.f32``."""
PHYSICAL_WIDTH = 3
"""Floats per residue in one step of ``push.f32``."""

LINE_BYTES, CONFORMER_BYTES = 10_000, 40
"""Largest line: this much, and this much for each conformer."""

MALFORMED = (ValueError, TypeError)
"""Exceptions that decoding raises for unexpected content."""


class StepLine(msgspec.Struct):
    """A line of ``steps.jsonl``; `RecordedStep` describes the entries.

    ``knobs`` are γ and η as they were set, numbers or schedules, which version 1 did not store.
    ``push`` is true if the step has numbers in ``push.f32``.
    """

    step: int
    t: Annotated[float, msgspec.Meta(ge=0, le=1)]
    gamma: float
    eta: float
    seed: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    scores: dict[str, float]
    energy: list[float] | None
    knobs: tuple[float | Schedule, float | Schedule] | None = None
    push: bool = False


class EncodedStep(NamedTuple):
    """Bytes that one step appends to each of `run_format.STEP_FILES`."""

    line: bytes
    frames: bytes
    physical: bytes


@dataclass(frozen=True, eq=False)
class RecordedStep:
    """A step read from disk, B conformers of L residues.

    Attributes
    ----------
    step : int
    t : float
        Time of ``rigid``.
    evaluated_t : float
        Time at which the score and x̂₀ were evaluated.
    parameters : GuidanceParameters
        γ and η of the step, numbers or schedules.
    seed : int
    rigid : Rigid, shape (B, L)
        x_t after the step, Å.
    prediction : Rigid, shape (B, L)
        x̂₀, Å.
    side_chains : Tensor, shape (B, L, 7, 2)
    scores : dict of float
        Mean size of each part of the score, translations.
    energy : list of float or None
        Learned energies (B,).
    physical : Tensor, shape (B, L, 3), or None
        Physical part of the score on each residue (per 10 Å).
    """

    step: int
    t: float
    evaluated_t: float
    parameters: GuidanceParameters
    seed: int
    rigid: Rigid
    prediction: Rigid
    side_chains: Tensor
    scores: dict[str, float]
    energy: list[float] | None
    physical: Tensor | None


def encode_step(state: State) -> EncodedStep:
    """Return the bytes of a step."""
    evaluation = state.evaluation
    assert evaluation is not None and state.parameters is not None
    frames = torch.cat(
        [
            state.rigid.to_tensor7(),
            evaluation.frames.to_tensor7(),
            evaluation.side_chains.flatten(-2),
        ],
        dim=-1,
    )
    line = {
        "step": state.step,
        "t": state.t,
        "gamma": state.gamma,
        "eta": state.eta,
        "knobs": [_encode_strength(strength) for strength in state.parameters],
        "seed": state.seed,
        "scores": state.mean_scores(),
        "energy": None if evaluation.energy is None else evaluation.energy.tolist(),
        "push": evaluation.physical is not None,
    }
    return EncodedStep(
        (json.dumps(line) + "\n").encode(),
        _to_bytes(frames),
        b"" if evaluation.physical is None else _to_bytes(evaluation.physical.trans),
    )


def parse_line(text: bytes, number: int) -> StepLine:
    """Return a line of ``steps.jsonl``, which must belong to a step.

    Raises
    ------
    FormatError
        For a damaged line.
    """
    line = parse_json(text, StepLine)
    if line.step != number:
        raise FormatError(f"its line belongs to step {line.step}")
    if not all(map(math.isfinite, (line.gamma, line.eta))):
        raise FormatError("its γ or η is not finite")
    return line


def decode_step(
    line: StepLine,
    frames: Tensor,
    physical: Tensor | None,
    *,
    evaluated_t: float,
    before: GuidanceParameters,
) -> RecordedStep:
    """Return a step from its line and its numbers.

    Parameters
    ----------
    line : StepLine
    frames : Tensor, shape (B, L, FRAME_WIDTH)
    physical : Tensor, shape (B, L, PHYSICAL_WIDTH), or None
    evaluated_t : float
        Time before the step.
    before : GuidanceParameters
        γ and η of the step before; version 1 stored the numbers only, not the schedules.

    Raises one of `MALFORMED` for a damaged step.
    """
    numbers = frames if physical is None else torch.cat([frames, physical], dim=-1)
    if not torch.isfinite(numbers).all():
        raise FormatError("its numbers are not finite")
    if line.energy is not None and len(line.energy) != len(frames):
        raise FormatError(f"it has {len(line.energy)} learned energies")
    if line.knobs is not None:
        gamma, eta = line.knobs
        parameters = GuidanceParameters(make_strength(gamma, "γ"), make_strength(eta, "η"))
    else:
        parameters = GuidanceParameters(
            _keep_schedule(before.gamma, line.gamma, evaluated_t),
            _keep_schedule(before.eta, line.eta, evaluated_t),
        )
    return RecordedStep(
        step=line.step,
        t=line.t,
        evaluated_t=evaluated_t,
        parameters=parameters,
        seed=line.seed,
        rigid=Rigid.from_tensor7(frames[..., :7]),
        prediction=Rigid.from_tensor7(frames[..., 7:14]),
        side_chains=frames[..., 14:].unflatten(-1, (7, 2)),
        scores=line.scores,
        energy=line.energy,
        physical=physical,
    )


def _encode_strength(strength: Strength) -> Any:
    return dataclasses.asdict(strength) if dataclasses.is_dataclass(strength) else strength


def _keep_schedule(before: Strength, now: float, t: float) -> Strength:
    """Return the strength of the step before if it has this value at t, otherwise the value."""
    return before if strength_at(before, t) == now else now


def _to_bytes(numbers: Tensor) -> bytes:
    return numbers.to(torch.float32).cpu().numpy().tobytes()
