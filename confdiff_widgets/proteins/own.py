"""Networks that a user trained, in place of the bundled ones."""

from __future__ import annotations

from pathlib import Path

from ..errors import SettingsError
from ..geometry.residues import check_sequence
from ..guidance.mix import GammaMix
from ..guidance.physical import HEADS, PhysicalTerm
from ..models.checkpoints import load_network
from ..representations import OneHot

NETWORK_FILE = "network.safetensors"


def mix_from_files(
    sequence: str, model: str | Path, unconditional: str | Path | None, device: str = "cpu"
) -> GammaMix:
    """Networks of training folders (or their ``network.safetensors``) for a sequence.

    ``model`` may be conditional or unconditional; ``unconditional`` adds the second network.

    Raises
    ------
    CheckpointError
        For a file that holds no usable network.
    SettingsError
        For networks that do not go together.
    """
    sequence = check_sequence(sequence)
    network, representation = load_network(_file(model), device=device)
    other = None
    if unconditional is not None:
        other, name = load_network(_file(unconditional), device=device)
        if name is not None:
            raise SettingsError(f"{unconditional} is a conditional network ({name}).")
    if representation is None:
        if other is not None:
            raise SettingsError(f"{model} is an unconditional network; --unconditional is another.")
        return GammaMix(None, network, None)
    if representation != OneHot.name:
        raise SettingsError(f"{model} needs the representation {representation!r}, unknown here.")
    return GammaMix(network, other, OneHot()(sequence).to(device))


def physical_from_file(sequence: str, head: str | Path, device: str = "cpu") -> PhysicalTerm:
    """The guidance head of a training folder (or its ``network.safetensors``) for a sequence.

    Raises
    ------
    CheckpointError
        For a file that holds no usable network.
    SettingsError
        For a network without a head, or with an unknown representation.
    """
    network, representation = load_network(_file(head), device=device)
    if network.config.head is None:
        raise SettingsError(
            f"{head} is a score network without a guidance head. `confdiff train` makes a head "
            "from a recipe with a [head] table."
        )
    if representation != OneHot.name:
        raise SettingsError(f"{head} needs the representation {representation!r}, unknown here.")
    return HEADS[network.config.head](network, OneHot()(check_sequence(sequence)).to(device))


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path / NETWORK_FILE if path.is_dir() else path
