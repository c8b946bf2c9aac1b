"""Networks and guidance heads from published checkpoints and training folders."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import SettingsError
from ..geometry.residues import check_sequence
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import physical_guidance
from ..guidance.released_heads import released_guidance
from ..models.checkpoints import NETWORK_FILE, Checkpoint, load
from ..models.config import NetworkConfig
from ..representations import NAMES, Features, find_representation, fit_features

KEPT = 4
"""Number of checkpoints and features that are cached in memory."""


def open_checkpoint(
    source: str | Path, device: str = "cpu", *, representation: str | None = None
) -> Checkpoint:
    """Load a checkpoint by published name, file or training folder; the last few are cached.

    Parameters
    ----------
    source : str or path
    device : str
    representation : str, optional
        Representation of a file that does not state it.

    Raises
    ------
    CheckpointError, DownloadError
        If it cannot be loaded.
    SettingsError
        If the file states another representation.
    """
    found = _checkpoint(str(source), str(device), representation, _stamp(Path(source)))
    if representation is not None and found.representation not in (None, representation):
        raise SettingsError(
            f"{found.name} was trained on {found.representation}, not on {representation}."
        )
    return found


def open_guidance_checkpoint(
    source: str | Path, device: str = "cpu", *, representation: str | None = None
) -> Checkpoint:
    """Load a checkpoint that must have a guidance head; arguments as in :func:`open_checkpoint`.

    Raises
    ------
    CheckpointError, DownloadError
        If it cannot be loaded.
    SettingsError
        If it has no guidance head.
    """
    found = open_checkpoint(source, device, representation=representation)
    if found.head is None:
        raise SettingsError(
            f"{source} is a score network without a guidance head. `confdiff train` makes a head "
            "from a recipe with a [head] table; of the authors' checkpoints, those called FORCE "
            "and ENERGY have one."
        )
    return found


def cfg_from_checkpoints(
    sequence: str,
    model: str | Path,
    unconditional: str | Path | None = None,
    device: str = "cpu",
    *,
    representation: str | None = None,
    features: str | Path | None = None,
) -> ClassifierFreeGuidance:
    """Load score networks from checkpoints, for a sequence.

    Parameters
    ----------
    sequence : str
    model : str or path
        Conditional or unconditional network; a published guidance checkpoint contains both.
    unconditional : str or path, optional
        The second network.
    device : str
    representation : str, optional
        Representation of a file that does not state it.
    features : path, optional
        Folder or NPZ with the features; by default they are cached or computed.

    Raises
    ------
    CheckpointError, DownloadError, RepresentationError
        If a checkpoint or its features cannot be loaded or computed.
    SettingsError
        If the networks do not match.
    """
    sequence = check_sequence(sequence)
    found = open_checkpoint(model, device, representation=representation)
    _check_samples(found, model)
    other = found.unconditional
    if unconditional is not None:
        if found.conditional is None:
            raise SettingsError(
                f"{model} is an unconditional network already. Omit --unconditional."
            )
        second = open_checkpoint(unconditional, device)
        _check_samples(second, unconditional)
        if second.unconditional is None:
            raise SettingsError(
                f"{unconditional} is a conditional network ({second.representation})."
            )
        other = second.unconditional
    if found.conditional is None:
        return ClassifierFreeGuidance(None, found.unconditional, None)
    made = features_for(found, sequence, device, features=features)
    return ClassifierFreeGuidance(found.conditional, other, made)


def physical_from_checkpoint(
    sequence: str,
    head: str | Path,
    device: str = "cpu",
    *,
    representation: str | None = None,
    features: str | Path | None = None,
) -> PhysicalGuidance:
    """Load the guidance head of a checkpoint for a sequence.

    Parameters as in :func:`cfg_from_checkpoints`.

    Raises
    ------
    CheckpointError, DownloadError, RepresentationError
        If a checkpoint or its features cannot be loaded or computed.
    SettingsError
        If the checkpoint has no guidance head.
    """
    found = open_guidance_checkpoint(head, device, representation=representation)
    assert found.head is not None
    made = None
    if found.head.config.node_repr:
        made = features_for(found, check_sequence(sequence), device, features=features)
    return (released_guidance if found.released else physical_guidance)(found.head, made)


def features_for(
    checkpoint: Checkpoint, sequence: str, device: str, *, features: str | Path | None = None
) -> Features:
    """Return the features of a sequence for a checkpoint's conditional network, on a device."""
    name = checkpoint.representation
    if name is None:
        fitting = [n for n in NAMES if n != "one-hot" and _fits(n, checkpoint.config)]
        raise SettingsError(
            f"{checkpoint.name} does not say which representation it was trained on. By its sizes "
            f"({checkpoint.config.node_repr} features per residue, {checkpoint.config.pair_repr} "
            f"per pair) it may be {' or '.join(fitting) or 'none that is known here'}: say it "
            "with --representation, or representation= in Python."
        )
    made = _features(name, sequence, str(device), None if features is None else str(features))
    return fit_features(made, checkpoint.config, name)


def _check_samples(found: Checkpoint, source: str | Path) -> None:
    if found.conditional is None and found.unconditional is None:
        raise SettingsError(
            f"{source} is a guidance head only, which guides a score network and cannot sample: "
            "give a score network as the model, and this file as --guidance-network of `confdiff "
            "sample` or to `physical_from_checkpoint` in Python."
        )


@lru_cache(maxsize=KEPT)
def _checkpoint(
    source: str, device: str, representation: str | None, stamp: float | None
) -> Checkpoint:
    del stamp  # part of the cache key: a file that was written again is loaded again
    return load(source, device=device, representation=representation)


@lru_cache(maxsize=KEPT)
def _features(name: str, sequence: str, device: str, source: str | None) -> Features:
    return find_representation(name, features=source, device=device)(sequence).to(device)


def _stamp(path: Path) -> float | None:
    """Return the modification time of a checkpoint."""
    file = path / NETWORK_FILE if path.is_dir() else path
    return file.stat().st_mtime if file.is_file() else None


def _fits(name: str, config: NetworkConfig) -> bool:
    found = find_representation(name)
    return found.node_size == config.node_repr and config.pair_repr in (0, found.pair_size)
