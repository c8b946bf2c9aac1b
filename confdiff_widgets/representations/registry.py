"""Representations by name."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from ..errors import SettingsError
from ..geometry.residues import check_sequence
from .base import Features, Representation, RepresentationError
from .cached import Cached
from .esm2 import ESM2, SIZES
from .esmfold import MODEL, PAIR_SIZE, ESMFold
from .npz import NpzFile
from .one_hot import OneHot
from .precomputed import Precomputed

NAMES = ("one-hot", *(f"esm2-{size}" for size in SIZES), "esmfold-r0", "esmfold-r3", "openfold-r0",
         "openfold-r3")  # fmt: skip

_ESM2 = re.compile(r"esm2-(?P<size>[^-]+)(?:-layer(?P<layer>\d+))?")
_FOLD = re.compile(r"(?P<kind>esmfold|openfold)-r(?P<recycles>\d+)")


class OpenFold:
    """OpenFold's single (384) and pair (128) features, which are made elsewhere.

    OpenFold is on no package registry; features come from its authors' scripts, through the cache.
    """

    node_size = 384
    pair_size = PAIR_SIZE

    def __init__(self, recycles: int):
        self.name = f"openfold-r{recycles}"

    def __call__(self, sequence: str) -> Features:
        raise RepresentationError(
            f"There are no {self.name} features of {check_sequence(sequence)}, and they cannot be "
            "computed here. Make them with the scripts of CONFDIFF's authors, then: "
            f"confdiff represent SEQUENCE --as {self.name} --from FOLDER"
        )


def find_representation(
    name: str,
    *,
    features: str | Path | None = None,
    device: torch.device | str = "cpu",
    half: bool = False,
    sha256: str | None = None,
) -> Representation:
    """The representation of a name; what a published network computed is remembered.

    Parameters
    ----------
    name : str
        One of ``NAMES``; ``esm2-650M-layer20`` takes an inner layer.
    features : path, optional
        Folder or NPZ to read features from, in place of computing them; or the language model
        itself, an ``esm2_*.pt`` or a folder with ESMFold.
    device : str
        Of the network that computes them.
    half : bool
        Half precision, for ESMFold.
    sha256 : str, optional
        That the file of an ESM-2 must have; its features are then computed anew.

    Raises
    ------
    SettingsError
        For an unknown name.
    RepresentationError
        For features of another representation, or that cannot be read.
    """
    esm2, fold = _ESM2.fullmatch(name), _FOLD.fullmatch(name)
    source = None if features is None else Path(features)
    weights = source if source is not None and _holds_weights(name, source) else None
    if sha256 is not None and (esm2 is None or source != weights):
        raise SettingsError("A hash can be given for ESM-2 alone, where it is computed here.")
    if source is not None and weights is None:
        return _read(name, source)
    if name == OneHot.name:
        return OneHot()
    if esm2:
        layer = None if esm2["layer"] is None else int(esm2["layer"])
        network = ESM2(esm2["size"], layer, weights=weights, sha256=sha256, device=device)
        if network.name != name:
            raise RepresentationError(f"{weights} is {network.name}, not {name}.")
        return Cached(network) if weights is None and sha256 is None else network
    if fold and fold["kind"] == "openfold":
        return Cached(OpenFold(int(fold["recycles"])))
    if fold:
        trunk = ESMFold(int(fold["recycles"]), model=weights or MODEL, device=device, half=half)
        return trunk if weights else Cached(trunk, "-half" if half else "")
    raise SettingsError(f"Unknown representation {name!r}; use one of {', '.join(NAMES)}.")


def _holds_weights(name: str, path: Path) -> bool:
    """Whether a path is the language model itself and not what it says."""
    if name.startswith("esm2-"):
        return path.suffix == ".pt"
    return name.startswith("esmfold-") and (path / "config.json").is_file()


def _read(name: str, features: Path) -> Representation:
    found: Representation
    if features.is_file():
        found = NpzFile(features)
    else:
        fold = _FOLD.fullmatch(name)
        found = Precomputed(features, int(fold["recycles"]) if fold else None)
    if found.name != name:
        raise RepresentationError(f"{features} holds {found.name} features, not {name}.")
    return found
