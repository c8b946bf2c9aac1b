"""Cached loading of checkpoints and of the features that fit them; used by `system` only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import SettingsError
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import physical_guidance
from ..guidance.released_heads import released_guidance
from ..models.checkpoints import NETWORK_FILE, Checkpoint, load
from ..models.confdiff import ConfDiffModel
from ..representations import NAMES, Features, find_representation, fit_features

CACHED = 4
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


def open_score_network(
    source: str | Path, device: str = "cpu", *, representation: str | None = None
) -> Checkpoint:
    """Load a checkpoint that must contain a score network; as :func:`open_checkpoint`."""
    checkpoint = open_checkpoint(source, device, representation=representation)
    if checkpoint.conditional is None and checkpoint.unconditional is None:
        raise SettingsError(
            f"{source} is a guidance head only, which cannot sample. Give a score network as the "
            "model, and this file as --guidance-network (guidance_network= in Python)."
        )
    return checkpoint


def open_head(
    source: str | Path, device: str = "cpu", *, representation: str | None = None
) -> Checkpoint:
    """Load a checkpoint that must contain a guidance head; as :func:`open_checkpoint`."""
    checkpoint = open_checkpoint(source, device, representation=representation)
    if checkpoint.head is None:
        raise SettingsError(
            f"{source} is a score network without a guidance head. Train a head with `confdiff "
            "train` and a recipe with a [head] table, or use a published checkpoint called FORCE "
            "or ENERGY."
        )
    return checkpoint


def features_for(
    checkpoint: Checkpoint, sequence: str, device: str, *, features: str | Path | None = None
) -> Features:
    """Return the features of a sequence that a checkpoint's networks take, on a device.

    Parameters
    ----------
    checkpoint : Checkpoint
    sequence : str
    device : str
    features : path, optional
        Folder or NPZ with the features. Default: they are read from the cache or computed.

    Raises
    ------
    RepresentationError
        If they cannot be read or computed, or do not fit the networks.
    SettingsError
        If the representation is unknown.
    """
    name = checkpoint.representation
    if name is None:
        fitting = [n for n in NAMES if n != "one-hot" and _fits(n, checkpoint)]
        raise SettingsError(
            f"{checkpoint.name} does not state which representation it was trained on. Its sizes "
            f"({checkpoint.config.node_repr} features per residue, {checkpoint.config.pair_repr} "
            f"per pair) fit {' or '.join(fitting) or 'no known representation'}. Give it with "
            "--representation, or representation= in Python."
        )
    made = _features(name, sequence, str(device), None if features is None else str(features))
    return fit_features(made, checkpoint.config.node_repr, checkpoint.config.pair_repr, name)


def check_unconditional(model: str | Path | None, unconditional: str | Path | None) -> None:
    """Refuse an unconditional network without a model.

    Raises
    ------
    SettingsError
    """
    if model is None and unconditional is not None:
        raise SettingsError(
            "--unconditional requires --model (unconditional= and model= in Python). Bundled "
            "proteins already include both networks, so omit it."
        )


def given_networks(
    model: str | Path,
    unconditional: str | Path | None,
    sequence: str,
    device: str,
    *,
    representation: str | None = None,
    features: str | Path | None = None,
) -> ClassifierFreeGuidance:
    """Load the score networks that a user gives for a sequence; arguments as in `System`.

    Raises
    ------
    CheckpointError, DownloadError, RepresentationError
        If a checkpoint or the features cannot be loaded or computed.
    SettingsError
        If a checkpoint has the wrong kind of network.
    """
    checkpoint = open_score_network(model, device, representation=representation)
    conditional, free = checkpoint.conditional, checkpoint.unconditional
    if unconditional is not None:
        if conditional is None:
            raise SettingsError(
                f"{model} is already an unconditional network. Omit --unconditional "
                "(unconditional= in Python)."
            )
        second = open_score_network(unconditional, device)
        free = second.unconditional
        if free is None:
            raise SettingsError(
                f"{unconditional} is a conditional network ({second.representation}). Give an "
                "unconditional one as --unconditional (unconditional= in Python)."
            )
    free_model = None if free is None else ConfDiffModel(free)
    if conditional is None:
        return ClassifierFreeGuidance(None, free_model)
    found = features_for(checkpoint, sequence, device, features=features)
    return ClassifierFreeGuidance(ConfDiffModel(conditional, found), free_model)


def given_guidance(
    source: str | Path,
    sequence: str,
    device: str,
    *,
    representation: str | None = None,
    features: str | Path | None = None,
) -> PhysicalGuidance:
    """Load the physical guidance of a checkpoint with a head; arguments as in `System`.

    Raises
    ------
    CheckpointError, DownloadError, RepresentationError
        If the checkpoint or the features cannot be loaded or computed.
    """
    checkpoint = open_checkpoint(source, device, representation=representation)
    head = checkpoint.head
    assert head is not None  # checked by `System.check_guidance`
    found = None
    if head.config.node_repr:
        found = features_for(checkpoint, sequence, device, features=features)
    model = ConfDiffModel(head, found)
    return (released_guidance if checkpoint.released else physical_guidance)(model)


@lru_cache(maxsize=CACHED)
def _checkpoint(
    source: str, device: str, representation: str | None, stamp: float | None
) -> Checkpoint:
    del stamp  # part of the cache key: a file that was written again is loaded again
    return load(source, device=device, representation=representation)


@lru_cache(maxsize=CACHED)
def _features(name: str, sequence: str, device: str, source: str | None) -> Features:
    return find_representation(name, features=source, device=device)(sequence).to(device)


def _stamp(path: Path) -> float | None:
    """Return the modification time of a checkpoint."""
    file = path / NETWORK_FILE if path.is_dir() else path
    return file.stat().st_mtime if file.is_file() else None


def _fits(name: str, checkpoint: Checkpoint) -> bool:
    found, config = find_representation(name), checkpoint.config
    return found.node_size == config.node_repr and config.pair_repr in (0, found.pair_size)


def absolute_source(source: str | Path | None) -> str | None:
    """Return the absolute path of a checkpoint, for other processes; keep published names."""
    if source is None:
        return None
    return str(Path(source).resolve()) if Path(source).exists() else str(source)
