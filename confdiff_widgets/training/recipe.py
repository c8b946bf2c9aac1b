"""Training recipes: TOML files that define data, network and schedule."""

from __future__ import annotations

import dataclasses
import glob
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from ..ensembles.text_files import read_text
from ..errors import SettingsError
from ..files.arrays import Array, read_arrays
from ..files.reading import FormatError, check_regular, fill
from ..models.config import NetworkConfig
from ..representations import OneHot, find_representation
from .config import TrainingConfig
from .conformers import Conformers, read_conformers
from .folder import FileSet
from .heads import HeadConfig, LabelledProtein
from .losses import LossWeights
from .peptides import PeptideFile, PeptideSet
from .reweighting import reweighting_energies

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")

BUNDLED_SIZE = {"c_s": 128, "c_z": 32, "c_skip": 32, "c_hidden": 32}
"""Network sizes of the bundled models, the default of a recipe."""

REPLICAS = {"all": slice(None), "even": slice(0, None, 2), "odd": slice(1, None, 2)}
"""Selections of trajectories, in the order of their names."""

MAX_BYTES = 1 << 20
"""Largest recipe."""

TABLES = {"protein": list, "peptides": list, "training": dict, "network": dict, "head": dict}
"""Tables of a recipe; ``protein`` and ``peptides`` may occur several times."""


@dataclass(frozen=True)
class ProteinData:
    """Trajectories of one protein.

    Attributes
    ----------
    name : str
    trajectories : str
        Path or glob pattern, relative to the recipe.
    topology : str, optional
        Structure file for formats without one.
    skip : int
        Number of frames to leave out at the start of each trajectory.
    probability : float
        Relative frequency with which the protein is drawn.
    temperatures : str, optional
        NPZ file with ``temperature_k`` [replica, frame], needed for a thermal network and for
        ``between`` and ``target``; the latter also needs ``potential_kj_mol``. Replicas are in the
        order of the file names.
    between : (float, float), optional
        Range of temperatures to keep, K.
    target : (float, float), optional
        Range of temperatures (K) to which the frames are reweighted: they get energies E, see
        :mod:`confdiff_widgets.training.reweighting`.
    replicas : "all", "even" or "odd"
        Trajectories to use.
    """

    name: str
    trajectories: str
    topology: str | None = None
    skip: int = 0
    probability: float = 1.0
    temperatures: str | None = None
    between: tuple[float, float] | None = None
    target: tuple[float, float] | None = None
    replicas: str = "all"

    def __post_init__(self) -> None:
        if self.skip < 0:
            raise SettingsError(f"{self.name}: skip is {self.skip}. Give 0 frames or more.")
        if not 0 < self.probability < math.inf:
            raise SettingsError(
                f"{self.name}: probability is {self.probability}. Give a number above 0."
            )
        if self.temperatures is None and (self.between or self.target):
            raise SettingsError(
                f"{self.name}: between and target require temperatures. Give the NPZ file of the "
                "simulation."
            )
        if self.replicas not in REPLICAS:
            raise SettingsError(
                f"{self.name}: replicas is {self.replicas!r}. Use {', '.join(REPLICAS)}."
            )

    def read(self, folder: Path) -> Conformers:
        """Read the trajectories; paths are relative to ``folder``."""
        files = sorted(glob.glob(str(folder / self.trajectories)))
        if not files:
            raise SettingsError(
                f"No trajectory matches {folder / self.trajectories}. Correct the path, or give "
                "--data."
            )
        chosen = REPLICAS[self.replicas]
        keep = energy = kelvin = None
        if self.temperatures is not None:
            kelvin = self._simulation_data(folder, "temperature_k", len(files))[chosen]
            low, high = self.between or (0.0, math.inf)
            kept = (kelvin >= low) & (kelvin <= high)
            keep = list(kept)
            kept[:, : self.skip] = False
            if self.target is not None:
                potential = self._simulation_data(folder, "potential_kj_mol", len(files))[chosen]
                energy = reweighting_energies(potential[kept], kelvin[kept], self.target)
        conformers = read_conformers(
            self.name,
            files[chosen],
            None if self.topology is None else folder / self.topology,
            skip=self.skip,
            keep=keep,
        )
        if kelvin is not None:
            conformers = conformers.at_temperatures(kelvin[kept])
        if energy is not None:
            conformers = dataclasses.replace(conformers, energy=torch.from_numpy(energy).float())
        return conformers

    def _simulation_data(self, folder: Path, name: str, replicas: int) -> np.ndarray:
        """Read an array [replica, frame] that the simulation wrote."""
        assert self.temperatures is not None
        values = _read_array(folder / self.temperatures, name)
        if len(values) != replicas:
            raise SettingsError(
                f"{self.temperatures} has {len(values)} replicas, but {replicas} "
                f"trajectories match {self.trajectories}. Give one trajectory for each replica."
            )
        return values


@dataclass(frozen=True)
class Recipe:
    """All inputs of a training except the output folder."""

    conditional: bool
    network: NetworkConfig
    training: TrainingConfig
    proteins: tuple[ProteinData | LabelledProtein | FileSet | PeptideFile, ...]
    folder: Path
    head: HeadConfig | None = None
    representation: str | None = OneHot.name

    def read(self) -> list[Conformers]:
        """Read the trajectories, or the labels for a guidance head."""
        return [protein.read(self.folder) for protein in self.proteins]

    @property
    def probabilities(self) -> list[float]:
        """Relative frequencies with which the proteins are drawn."""
        return [protein.probability for protein in self.proteins]


def load_recipe(path: str | Path, *, data: str | Path | None = None) -> Recipe:
    """Read a recipe. Paths in it are relative to ``data`` (default: the folder of the recipe).

    Raises
    ------
    SettingsError
        If the file is missing or malformed, or has unknown keys.
    """
    path = Path(path)
    try:
        check_regular(path, MAX_BYTES)
        content = tomllib.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise SettingsError(f"Cannot read the recipe {path}: {error}") from error
    except RecursionError as error:
        raise SettingsError(
            f"Cannot read the recipe {path}: it is nested too deeply. Use tables of one level."
        ) from error
    has_head = "head" in content
    for name, kind in TABLES.items():
        if not isinstance(content.setdefault(name, kind()), kind):
            heading = f"[[{name}]]" if kind is list else f"[{name}]"
            raise SettingsError(f"{path}: {name} is no table. Write {name} as a table, {heading}.")
    table = content.pop("head")
    head = _fill(HeadConfig, table, "head") if has_head else None
    folder = Path(data) if data is not None else path.parent
    proteins: list[ProteinData | LabelledProtein | FileSet | PeptideFile] = [
        _fill(LabelledProtein, table, "protein")
        if isinstance(table, dict) and "labels" in table
        else _fill(ProteinData, table, "protein")
        for table in content.pop("protein")
    ]
    for table in content.pop("peptides"):
        proteins += _fill(PeptideSet, table, "peptides").find(folder)
    training = content.pop("training")
    losses = dataclasses.asdict(_fill(LossWeights, training.pop("losses", {}), "training.losses"))
    conditional = content.pop("conditional", True)
    if not isinstance(conditional, bool):
        raise SettingsError(f"{path}: conditional is {conditional!r}. Write true or false.")
    representation = content.pop("representation", OneHot.name)
    if not isinstance(representation, str):
        raise SettingsError(f"{path}: representation is {representation!r:.60}. Give a name.")
    network = {**BUNDLED_SIZE, **content.pop("network")}
    if content:
        raise SettingsError(
            f"Unknown keys in {path}: {', '.join(content)}. Remove or correct them."
        )
    return make_recipe(
        proteins,
        conditional=conditional,
        network=network,
        training={**training, "losses": losses},
        folder=folder,
        head=head,
        representation=representation,
    )


def make_recipe(
    proteins: Sequence[ProteinData | LabelledProtein | FileSet | PeptideFile],
    *,
    conditional: bool,
    network: Mapping[str, Any],
    training: Mapping[str, Any],
    folder: Path,
    head: HeadConfig | None = None,
    representation: str = OneHot.name,
) -> Recipe:
    """Create a recipe from its parts; ``representation`` is used by a conditional network only."""
    if not proteins:
        raise SettingsError("Training needs at least one protein. Add a [[protein]] table.")
    if head is not None and not conditional:
        raise SettingsError("A guidance head needs the sequence. Set conditional = true.")
    features = find_representation(representation)
    size = {
        **network,
        "node_repr": features.node_size if conditional else 0,
        "pair_repr": features.pair_size if conditional else 0,
        "head": None if head is None else head.kind,
    }
    config = _fill(TrainingConfig, training, "training")
    size["t_min"] = config.t_min
    sizes = _fill(NetworkConfig, size, "network")
    for protein in proteins:
        _check_temperatures(protein, thermal=sizes.temperature > 0)
    return Recipe(
        conditional=conditional,
        network=sizes,
        training=config,
        proteins=tuple(proteins),
        folder=folder,
        head=head,
        representation=representation if conditional else None,
    )


def _check_temperatures(
    protein: ProteinData | LabelledProtein | FileSet | PeptideFile, *, thermal: bool
) -> None:
    given = isinstance(protein, PeptideFile) or getattr(protein, "temperatures", None) is not None
    if thermal and not given:
        raise SettingsError(
            f"{protein.name} has no temperatures, which a thermal network needs. Give temperatures "
            "(an NPZ file of the simulation), or set temperature = 0 in the [network] table."
        )
    selecting = isinstance(protein, ProteinData) and (protein.between or protein.target)
    if isinstance(protein, ProteinData) and given and not (selecting or thermal):
        raise SettingsError(
            f"{protein.name}: temperatures requires between, target or a thermal network. Add one "
            "of them, or remove temperatures."
        )


def _fill(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    try:
        return fill(kind, table)
    except FormatError as error:
        raise SettingsError(f"Invalid {where} settings: {str(error).rstrip('.')}.") from error


def _read_array(path: Path, name: str) -> np.ndarray:
    try:
        return read_arrays(path, {name: Array("fiu", ("replica", "frame"), finite=True)})[name]
    except (OSError, FormatError) as error:
        raise SettingsError(f"Cannot read {name} of {path}: {error}") from error
