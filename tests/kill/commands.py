"""Commands that a kill interrupts: what they have done so far, and their results."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

MD = Path(__file__).parents[1] / "data" / "chignolin_heavy"

RECIPE = f"""
[[protein]]
name = "chignolin"
trajectories = "{MD}.xtc"
topology = "{MD}.pdb"
[training]
steps = 60
residues = 40
warmup = 2
checkpoint_every = 5
[network]
time = 8
index = 8
rbf = 8
c_s = 16
c_z = 8
c_skip = 8
blocks = 1
heads = 2
c_hidden = 8
qk_points = 2
v_points = 3
tfmr_heads = 2
tfmr_layers = 1
"""


@dataclass(frozen=True)
class Command:
    """A command, run in an empty folder.

    Attributes
    ----------
    arguments : str
    progress : callable
        Returns a number that grows with the work that is on disk.
    results : callable
        Returns the results by name; raises if one is damaged.
    """

    arguments: str
    progress: Callable[[Path], float]
    results: Callable[[Path], dict[str, Any]]


def _arrays(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _training(folder: Path) -> dict[str, Any]:
    if not (folder / "out" / "last.ckpt").exists():
        return {}
    state = torch.load(folder / "out" / "last.ckpt", weights_only=True)
    results = {name: tensor.numpy() for name, tensor in state["model"].items()}
    results |= {f"ema {k}": v.numpy() for k, v in state["ema"]["weights"].items()}
    network = load_file(folder / "out" / "network.safetensors")  # never behind the checkpoint
    results |= {f"network {name}": tensor.numpy() for name, tensor in network.items()}
    return {**results, "step": state["step"]}


def _cells(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for path in sorted(folder.glob("out/cells/*.json")):
        content = json.loads(path.read_text())
        del content["finished"]
        results[path.stem] = content
        results[f"{path.stem} conformers"] = path.with_suffix(".xtc").read_bytes()
    return results


def _dynamics(folder: Path) -> dict[str, Any]:
    results = _arrays(folder / "out" / "remd.npz")
    return results | {path.name: path.read_bytes() for path in sorted(folder.glob("out/*.xtc"))}


def _size(path: Path) -> float:
    return path.stat().st_size if path.exists() else 0


def _time(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0


COMMANDS = {
    "sample": Command(
        "sample chignolin -n 8 --steps 30 --seed 5 -o out.npz",
        lambda folder: 1,
        lambda folder: _arrays(folder / "out.npz"),
    ),
    "label": Command(
        f"label {MD}.xtc --topology {MD}.pdb -o out.npz --workers 1",
        lambda folder: _size(folder / "out.npz.partial"),
        lambda folder: _arrays(folder / "out.npz"),
    ),
    "md": Command(
        "md GG --replica-exchange 300:450:2 --starts extended --ns 0.03 --frame-ps 1 --cores 1 "
        "-o out",
        lambda folder: _time(folder / "out" / "md.checkpoint"),
        _dynamics,
    ),
    "train": Command(
        "train recipe.toml -o out",
        lambda folder: _time(folder / "out" / "last.ckpt"),
        _training,
    ),
    "sweep": Command(
        "sweep chignolin --gamma 0:1:6 -n 2 --steps 4 --energies 0 --workers 1 -o out",
        lambda folder: len(list(folder.glob("out/cells/*.json"))),
        _cells,
    ),
}
