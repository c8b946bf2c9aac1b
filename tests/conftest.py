"""Fixtures: outputs of the published implementation, and short MD trajectories of the project."""

import os

# Before OpenMM is imported: the tests do not depend on the OpenCL runtimes of the machine. Only
# the test of PoCL reads the original folder.
os.environ["CONFDIFF_TEST_ICD"] = os.environ.get("OCL_ICD_VENDORS", "/etc/OpenCL/vendors")
os.environ["OCL_ICD_VENDORS"] = os.devnull

import functools
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import load_atom14
from confdiff_widgets.geometry.residues import encode_sequence
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.structure import Atom14Trajectory
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.models.score_model import Prediction

DATA = Path(__file__).parent / "data"
CONFIG_KEYS = {"idx": "index", "qk": "qk_points", "v": "v_points"} | {
    "th": "tfmr_heads",
    "tl": "tfmr_layers",
}


@pytest.fixture(scope="session")
def data_dir() -> Path:
    return DATA


@dataclass
class MD:
    """A trajectory on disk, read by this package (atom14) and by mdtraj."""

    trajectory_file: Path
    topology_file: Path

    @cached_property
    def atom14(self) -> Atom14Trajectory:
        return load_atom14(self.trajectory_file, topology=self.topology_file)

    @cached_property
    def mdtraj(self) -> mdtraj.Trajectory:
        return mdtraj.load(str(self.trajectory_file), top=str(self.topology_file))

    @property
    def aatype(self) -> torch.Tensor:
        return encode_sequence(self.atom14.sequence)

    @property
    def mask(self) -> torch.Tensor:
        """Mask of the atoms that are present, (N, L, 14)."""
        return self.atom14.mask.expand(self.atom14.positions.shape[:-1])


@pytest.fixture(scope="session")
def chignolin_heavy() -> MD:
    """22 frames at 350 K, heavy atoms only, YYDPETGTWY."""
    return MD(DATA / "chignolin_heavy.xtc", DATA / "chignolin_heavy.pdb")


@pytest.fixture(scope="session")
def trpcage() -> MD:
    """8 frames of a replica exchange with hydrogens, DAYAQWLADGGPSSGRPPPS."""
    return MD(DATA / "trpcage.xtc", DATA / "trpcage.pdb")


class Golden:
    """A small network: generated weights, inputs, and outputs of the published implementation."""

    def __init__(self, name: str):
        self.spec = json.loads((DATA / "golden" / f"{name}.json").read_text())
        with np.load(DATA / "golden" / f"{name}.npz") as arrays:
            self.arrays = {key: torch.from_numpy(arrays[key]) for key in arrays.files}

    def __getitem__(self, key: str) -> torch.Tensor:
        return self.arrays[key]

    def input(self, name: str) -> torch.Tensor | None:
        array = self.arrays.get(f"in_{name}")
        return array if array is None or not array.is_floating_point() else array.float()

    @property
    def config(self) -> NetworkConfig:
        kind = self.spec["kind"]
        sizes = {CONFIG_KEYS.get(key, key): v for key, v in self.spec["config"].items()}
        return NetworkConfig(
            node_repr=self.spec["node"],
            pair_repr=self.spec["edge"],
            head=None if kind == "base" else kind,
            **sizes,
        )

    @cached_property
    def network(self) -> ScoreNetwork:
        network = ScoreNetwork(self.config).eval()
        state = {}
        for key, shape in sorted(self.spec["keys"].items()):
            if key.startswith("embedder.gaussian_smearing."):
                state[key] = network.state_dict()[key]
                continue
            seed = zlib.crc32(f"{self.spec['seed']}:{key}".encode())
            value = np.random.default_rng(seed).standard_normal(shape)
            value *= 0.3 / np.sqrt(shape[-1]) if len(shape) >= 2 else 0.05
            if ("norm" in key.lower() or "_ln_" in key) and key.endswith("weight"):
                value += 1
            state[key] = torch.from_numpy(value).float()
        network.load_state_dict(state)
        return network

    @cached_property
    def prediction(self) -> Prediction:
        with torch.no_grad():
            return self.network(
                Rigid.from_tensor7(self.input("rigids")),
                self.input("t"),
                node_repr=self.input("node_repr"),
                pair_repr=self.input("edge_repr"),
                mask=self["in_mask"],
            )


GOLDEN_NAMES = (
    "tiny_base_uncond",
    "tiny_base_cond",
    "tiny_base_cond_pair",
    "tiny_force",
    "tiny_energy",
)


@pytest.fixture(scope="session")
def goldens() -> dict[str, Golden]:
    return {name: Golden(name) for name in GOLDEN_NAMES}


@pytest.fixture(scope="session", params=GOLDEN_NAMES)
def golden(request: pytest.FixtureRequest, goldens: dict[str, Golden]) -> Golden:
    """Each golden network in turn."""
    return goldens[request.param]


@pytest.fixture(scope="session")
def write_lightning() -> Callable[..., Path]:
    """Return a function that writes networks in the format of the published checkpoints."""

    def write(
        path: Path,
        network: ScoreNetwork,
        unconditional: ScoreNetwork | None = None,
        *,
        prefix: str = "",
        wrapped: bool = True,
        settings: Any = None,
    ) -> Path:
        state = {f"score_network.model_nn.{k}": v for k, v in network.state_dict().items()}
        if unconditional is not None:
            weights = unconditional.state_dict().items()
            state |= {f"score_network.uncond_model_nn.{k}": v for k, v in weights}
        state = {prefix + name: tensor.clone() for name, tensor in state.items()}
        content = {
            "epoch": 3,
            "global_step": 1200,
            "pytorch-lightning_version": "2.1.4",
            "state_dict": state,
            "loops": {"fit_loop": {"state_dict": {}}},
            "optimizer_states": [{"state": {}, "param_groups": [{"lr": 1e-3}]}],
            # Lightning stores objects, not only numbers
            "hyper_parameters": {
                "optimizer": functools.partial(torch.optim.AdamW, lr=1e-3),
                "scheduler": functools.partial(torch.optim.lr_scheduler.ReduceLROnPlateau),
                "lr_warmup_steps": 5000,
            }
            if settings is None
            else settings,
        }
        torch.save(content if wrapped else state, path)
        return path

    return write
