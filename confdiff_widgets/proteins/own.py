"""Networks that a user trained, in place of the bundled ones."""

from __future__ import annotations

from pathlib import Path

from ..errors import SettingsError
from ..geometry.residues import check_sequence
from ..guidance.mix import GammaMix
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


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path / NETWORK_FILE if path.is_dir() else path
