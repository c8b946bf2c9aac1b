"""Format of a saved run: its files, their versions, the header and the OpenMM energies.

A saved run is a folder:

- ``run.json``: settings, protein, networks and the hash of their weights, parent branch and title.
- ``steps.jsonl``: one line per step, see `step_format`.
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

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files.reading import FormatError, convert, parse_json, read_json
from ..geometry.residues import SequenceError, check_sequence
from ..models.fingerprint import weights_hash
from ..sampling import Run, SamplerConfig

VERSION = "confdiff-run-2"
READABLE_VERSIONS = ("confdiff-run-1", VERSION)

HEADER_FILE = "run.json"
LINES_FILE, FRAMES_FILE, PHYSICAL_FILE = "steps.jsonl", "frames.f32", "push.f32"
STEP_FILES = (LINES_FILE, FRAMES_FILE, PHYSICAL_FILE)
"""Files that grow with each step."""
STRUCTURE_FILE = "start.npz"
OPENMM_FILE = "openmm.jsonl"

MAX_HEADER_BYTES = 1 << 20

WEIGHTS_DIGITS = 16
"""Digits of the hash of the weights."""

OpenmmEnergies = Mapping[int, NDArray[np.float64]]
"""Energies (B,) in kcal/mol by step."""


class RecordingError(UserError, ValueError):
    """A run cannot be saved or read."""


# --- run.json -----------------------------------------------------------------------------------


class _StoredHeader(msgspec.Struct):
    """Entries of ``run.json`` that are needed to show and continue a run; others are kept."""

    sequence: str
    config: dict[str, Any]
    title: str = ""
    started: str = ""
    fixed: str = ""
    networks: dict[str, str] | None = None
    weights: str = ""


class Header(NamedTuple):
    """Contents of ``run.json`` that are needed to show and continue a run."""

    sequence: str
    config: SamplerConfig
    title: str  # empty if the user gave none
    started: str  # ISO 8601; empty if unknown
    fixed: str  # fixed residues; empty for none
    networks: dict[str, str] | None  # as in System.network_sources; None if unknown (version 1)
    weights: str  # hash of the weights; empty if unknown (version 0.1 of the package)


def branch_metadata(
    *, protein: str, networks: dict[str, str], name: str, parent: str | None, title: str
) -> dict[str, Any]:
    """Return what ``run.json`` stores about a branch; an empty title is left out."""
    metadata = {"protein": protein, "networks": networks, "branch": name, "parent": parent}
    return metadata | ({"title": title} if title else {})


def weights_of(run: Run) -> str:
    """Return the hash of the weights of a run's networks and guidance head."""
    physical = run.guided.physical
    head = None if physical is None else getattr(physical, "model", None)
    return weights_hash((run.cfg.conditional, run.cfg.unconditional, head))[:WEIGHTS_DIGITS]


def run_metadata(run: Run) -> dict[str, Any]:
    """Return what ``run.json`` stores about a run that starts now."""
    return {
        "sequence": run.sequence,
        "config": run.config.to_dict(),
        "device": str(run.device),
        "weights": weights_of(run),
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


def read_header(folder: Path) -> tuple[dict[str, Any], Header]:
    """Return all contents of ``run.json``, and those that matter.

    Raises
    ------
    RecordingError
        For a folder without a run, a run of another version, or a damaged one.
    """
    path = folder / HEADER_FILE
    try:
        metadata = read_json(path, dict[str, Any], MAX_HEADER_BYTES)
    except OSError as error:
        raise unreadable(folder, error) from error
    except FormatError as error:
        raise _damaged(path, error) from error
    version = metadata.get("format")
    if version not in READABLE_VERSIONS:
        raise RecordingError(
            f"{folder} was written by another version (format {version!r:.60}; this "
            f"version reads {' and '.join(READABLE_VERSIONS)}). Open it with that version."
        )
    try:
        stored = convert(metadata, _StoredHeader)
        sequence, config = check_sequence(stored.sequence), SamplerConfig.from_dict(stored.config)
    except (FormatError, SequenceError) as error:
        raise _damaged(path, error) from error
    header = Header(
        sequence,
        config,
        stored.title,
        stored.started,
        stored.fixed,
        stored.networks,
        stored.weights,
    )
    return metadata, header


def unreadable(folder: Path, error: Exception) -> RecordingError:
    """Return the error of a folder whose files cannot be read."""
    return RecordingError(
        f"{folder} contains no readable run: {error}. Choose a folder with a {HEADER_FILE} and "
        "the files of its steps."
    )


def _damaged(path: Path, error: Exception) -> RecordingError:
    return RecordingError(f"{path} is damaged: {str(error).rstrip('.')}. Open another run.")


# --- openmm.jsonl -------------------------------------------------------------------------------


class _EnergyLine(msgspec.Struct, array_like=True):
    """An energy, or only a step: the energies of all later steps are discarded."""

    step: Annotated[int, msgspec.Meta(ge=0)]
    conformer: Annotated[int, msgspec.Meta(ge=0)] | None = None
    energy: float | None = None


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


def decode_energies(
    lines: Iterable[bytes], steps: int, samples: int
) -> dict[int, NDArray[np.float64]]:
    """Return the energies (B,) by step, NaN where there is none.

    Skips malformed lines and those of other steps than 1 to ``steps``: missing energies are
    computed again.
    """
    energies: dict[int, NDArray[np.float64]] = {}
    for text in lines:
        try:
            step, conformer, energy = msgspec.structs.astuple(parse_json(text, _EnergyLine))
        except FormatError:
            continue  # cut off by a crash
        if conformer is None:
            energies = {known: energies[known] for known in energies if known <= step}
        elif energy is not None and 1 <= step <= steps and conformer < samples:
            energies.setdefault(step, np.full(samples, np.nan))[conformer] = energy
    return energies
