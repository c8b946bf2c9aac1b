"""Format of a saved run: file names, keys, versions, and one step as bytes.

A saved run is a folder:

- ``run.json``: settings, protein, networks, parent branch and title.
- ``steps.jsonl``: one line per step.
- ``frames.f32``: for each step, 28 32-bit floats per conformer and residue: the frame of x_t, the
  frame of x̂₀ (quaternion and position each), then sine and cosine of seven torsions.
- ``push.f32``: for each step with physical guidance, its score on each residue (3 floats).
- ``start.npz``: the starting structure, if the run starts from it or fixes residues of it.
- ``openmm.jsonl``: OpenMM energies in the order of their arrival, ``[step, conformer, kcal/mol]``;
  ``[step]`` discards the energies of all later steps.

The numbers of a step are written before its line, so a crash loses the last step at most. Runs of
version 1 have neither ``push.f32`` nor ``openmm.jsonl``, and record neither the networks nor the
schedules of γ and η. They are converted to version 2 when they are continued.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UserError
from ..geometry.residues import check_sequence
from ..geometry.rigid import Rigid
from ..guidance.parameters import GuidanceParameters
from ..guidance.schedule import Strength, make_strength, strength_at
from ..sampling import Run, SamplerConfig, State

VERSION = "confdiff-run-2"
READABLE_VERSIONS = ("confdiff-run-1", VERSION)

HEADER_FILE = "run.json"
LINES_FILE, FRAMES_FILE, PHYSICAL_FILE = "steps.jsonl", "frames.f32", "push.f32"
STEP_FILES = (LINES_FILE, FRAMES_FILE, PHYSICAL_FILE)
"""Files that grow with each step."""
STRUCTURE_FILE = "start.npz"
OPENMM_FILE = "openmm.jsonl"

FRAME_WIDTH = 7 + 7 + 14
"""Floats per residue in one step of ``frames.f32``."""
PHYSICAL_WIDTH = 3
"""Floats per residue in one step of ``push.f32``."""

MALFORMED = (ValueError, KeyError, TypeError, AttributeError, IndexError)
"""Exceptions that decoding raises for unexpected content."""

OpenmmEnergies = Mapping[int, NDArray[np.float64]]
"""Energies (B,) in kcal/mol by step."""


class RecordingError(UserError, ValueError):
    """A run cannot be saved or read."""


# --- run.json -----------------------------------------------------------------------------------


class Header(NamedTuple):
    """Contents of ``run.json`` that are needed to show and continue a run."""

    sequence: str
    config: SamplerConfig
    title: str  # empty if the user gave none
    started: str  # ISO 8601; empty if unknown
    fixed: str  # fixed residues; empty for none
    networks: dict[str, str] | None  # as in System.network_sources; None if unknown (version 1)


def branch_metadata(
    *, protein: str, networks: dict[str, str], name: str, parent: str | None, title: str
) -> dict[str, Any]:
    """Return what ``run.json`` stores about a branch; an empty title is left out."""
    metadata = {"protein": protein, "networks": networks, "branch": name, "parent": parent}
    return metadata | ({"title": title} if title else {})


def run_metadata(run: Run) -> dict[str, Any]:
    """Return what ``run.json`` stores about a run that starts now."""
    return {
        "sequence": run.sequence,
        "config": run.config.to_dict(),
        "device": str(run.device),
        **({"fixed": run.fixed_residues.residues} if run.fixed_residues else {}),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def replace_title(metadata: dict[str, Any], title: str) -> dict[str, Any]:
    """Return metadata with another title; an empty one removes it."""
    others = {key: value for key, value in metadata.items() if key != "title"}
    return others | ({"title": title} if title else {})


def encode_header(metadata: dict[str, Any]) -> str:
    """Return the text of ``run.json``."""
    others = {key: value for key, value in metadata.items() if key != "format"}
    return json.dumps({"format": VERSION} | others, indent=1, ensure_ascii=False) + "\n"


def decode_header(metadata: Any, folder: Path) -> Header:
    """Check the contents of ``run.json`` and return those that matter.

    Raises
    ------
    RecordingError
        For another version or malformed contents.
    """
    path = folder / HEADER_FILE
    if not isinstance(metadata, dict):
        raise RecordingError(f"{path} is damaged: it contains no settings. Open another run.")
    if metadata.get("format") not in READABLE_VERSIONS:
        raise RecordingError(
            f"{folder} was written by another version (format {metadata.get('format')!r}; this "
            f"version reads {' and '.join(READABLE_VERSIONS)}). Open it with that version."
        )
    try:
        networks = metadata.get("networks")
        return Header(
            check_sequence(metadata["sequence"]),
            SamplerConfig(**metadata["config"]),
            str(metadata.get("title", "")),
            str(metadata.get("started", "")),
            str(metadata.get("fixed", "")),
            None if networks is None else dict(networks),
        )
    except MALFORMED as error:
        what = f"no {error}" if isinstance(error, KeyError) else error
        raise RecordingError(f"{path} is damaged: {what}. Open another run.") from error


# --- steps --------------------------------------------------------------------------------------


class EncodedStep(NamedTuple):
    """Bytes that one step appends to each of `STEP_FILES`."""

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


def parse_line(text: bytes) -> dict[str, Any]:
    """Return the contents of a line of ``steps.jsonl``; raise one of `MALFORMED`."""
    line = json.loads(text)
    if not isinstance(line, dict):
        raise TypeError("its line contains no settings")
    return line


def has_physical(line: dict[str, Any]) -> bool:
    """Return whether the step of a line has numbers in ``push.f32``."""
    return bool(line.get("push"))


def decode_step(
    line: dict[str, Any],
    number: int,
    frames: Tensor,
    physical: Tensor | None,
    *,
    evaluated_t: float,
    before: GuidanceParameters,
) -> RecordedStep:
    """Return a step from its line and its numbers.

    Parameters
    ----------
    line : dict
        As `parse_line` returns it.
    number : int
        Step that is expected.
    frames : Tensor, shape (B, L, FRAME_WIDTH)
    physical : Tensor, shape (B, L, PHYSICAL_WIDTH), or None
    evaluated_t : float
        Time before the step.
    before : GuidanceParameters
        γ and η of the step before; version 1 stored the numbers only, not the schedules.

    Raises one of `MALFORMED` for a damaged step.
    """
    if line["step"] != number:
        raise ValueError(f"its line belongs to step {line['step']}")
    numbers = frames if physical is None else torch.cat([frames, physical], dim=-1)
    if not torch.isfinite(numbers).all():
        raise ValueError("its numbers are not finite")
    energy = line["energy"]
    if energy is not None and len(energy) != len(frames):
        raise ValueError(f"it has {len(energy)} learned energies")
    gamma, eta = float(line["gamma"]), float(line["eta"])
    if "knobs" in line:
        gamma_set, eta_set = line["knobs"]
        parameters = GuidanceParameters(make_strength(gamma_set, "γ"), make_strength(eta_set, "η"))
    else:
        parameters = GuidanceParameters(
            _keep_schedule(before.gamma, gamma, evaluated_t),
            _keep_schedule(before.eta, eta, evaluated_t),
        )
    return RecordedStep(
        step=number,
        t=float(line["t"]),
        evaluated_t=evaluated_t,
        parameters=parameters,
        seed=int(line["seed"]),
        rigid=Rigid.from_tensor7(frames[..., :7]),
        prediction=Rigid.from_tensor7(frames[..., 7:14]),
        side_chains=frames[..., 14:].unflatten(-1, (7, 2)),
        scores={str(part): float(size) for part, size in line["scores"].items()},
        energy=None if energy is None else [float(value) for value in energy],
        physical=physical,
    )


def _encode_strength(strength: Strength) -> Any:
    return dataclasses.asdict(strength) if dataclasses.is_dataclass(strength) else strength


def _keep_schedule(before: Strength, now: float, t: float) -> Strength:
    """Return the strength of the step before if it has this value at t, otherwise the value."""
    return before if strength_at(before, t) == now else now


def _to_bytes(numbers: Tensor) -> bytes:
    return numbers.to(torch.float32).cpu().numpy().tobytes()


# --- openmm.jsonl -------------------------------------------------------------------------------


def encode_energy(step: int, conformer: int, energy: float) -> str:
    """Return the line of one OpenMM energy (kcal/mol)."""
    return json.dumps([step, conformer, round(energy, 3)]) + "\n"


def encode_energies(energies: OpenmmEnergies, *, before: int) -> str:
    """Return the lines of all finite energies of the steps before ``before``."""
    return "".join(
        encode_energy(step, conformer, float(energy))
        for step, of_step in list(energies.items())
        if step < before
        for conformer, energy in enumerate(of_step)
        if np.isfinite(energy)
    )


def encode_truncation(steps: int, *, after_crash: bool = False) -> str:
    """Return the line that discards the energies of all steps after the first ``steps``.

    With ``after_crash``, a line before it completes one that a crash may have cut off.
    """
    return ("null\n" if after_crash else "") + json.dumps([steps]) + "\n"


def decode_energies(lines: Iterable[bytes], samples: int) -> dict[int, NDArray[np.float64]]:
    """Return the energies (B,) by step, NaN where there is none; skip malformed lines."""
    energies: dict[int, NDArray[np.float64]] = {}
    for text in lines:
        try:
            step, *rest = json.loads(text)
            step = int(step)
            if rest:
                conformer, energy = rest
                energies.setdefault(step, np.full(samples, np.nan))[conformer] = energy
            else:
                energies = {known: energies[known] for known in energies if known <= step}
        except MALFORMED:
            continue  # cut off by a crash; missing energies are computed again
    return energies
