"""What `confdiff sample` samples: proteins, networks and structures from its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError

if TYPE_CHECKING:
    from ..geometry.rigid import Rigid
    from ..geometry.structure import Atom14Trajectory
    from ..guidance import ClassifierFreeGuidance, PhysicalGuidance
    from ..proteins import Protein


@dataclass(frozen=True)
class Target:
    """One protein of a job.

    Attributes
    ----------
    name : str
        Fit for a file.
    sequence : str
    bundled : Protein or None
    """

    name: str
    sequence: str
    bundled: Protein | None = None


@dataclass(frozen=True)
class Models:
    """Networks and features as the options name them."""

    model: str | None = None
    unconditional: str | None = None
    guidance_network: str | None = None
    representation: str | None = None
    features: Path | None = None
    device: str = "cpu"

    @property
    def _source(self) -> dict[str, Any]:
        return {"representation": self.representation, "features": self.features}

    def mix(self, target: Target) -> ClassifierFreeGuidance:
        """The networks for a protein."""
        if self.model is not None:
            from ..proteins.checkpoint_models import cfg_from_checkpoints

            return cfg_from_checkpoints(
                target.sequence, self.model, self.unconditional, self.device, **self._source
            )
        if self.unconditional is not None:
            raise SettingsError(
                "--unconditional goes with --model; bundled proteins bring their own."
            )
        return _bundled(target).load_networks(self.device)

    def physical(self, target: Target, kind: str | None) -> PhysicalGuidance | None:
        """The physical term that was asked for, of its own checkpoint, of --model or bundled."""
        from .. import proteins
        from ..guidance.physical import HEADS

        if kind not in (None, *HEADS):
            raise SettingsError(f"Unknown guidance {kind!r}; use {' or '.join(HEADS)}.")
        source = self.guidance_network or (self.model if kind is not None else None)
        if source is not None:
            from ..proteins.checkpoint_models import open_checkpoint, physical_from_checkpoint

            found = open_checkpoint(source, self.device, representation=self.representation)
            if self.guidance_network is None and found.head is None:
                raise SettingsError(
                    f"No head is bundled for the sequence {target.sequence}, and {source} has "
                    f"none; {' and '.join(proteins.names())} have one. Train one with "
                    "`confdiff train`, and give its folder as --guidance-network."
                )
            physical = physical_from_checkpoint(
                target.sequence, source, self.device, **self._source
            )
            if kind not in (None, physical.name):
                raise SettingsError(
                    f"{source} has a head for {physical.name}; ask for --guidance {physical.name}."
                )
            return physical
        if kind is None:
            return None
        return _bundled(target).load_physical(kind, self.device)


def _bundled(target: Target) -> Protein:
    """The bundled protein of a target, where no model was given."""
    from .. import proteins

    if target.bundled is None:
        raise SettingsError(
            f"No bundled model knows the sequence {target.sequence}: the bundled networks "
            f"learned {', '.join(proteins.names())} by heart. Give a checkpoint of the authors "
            "(--model ConfDiff-ESM-r3-COND), or train one on a trajectory of it with "
            "`confdiff train`, and give its folder as --model."
        )
    return target.bundled


def find_targets(
    protein: str | None, sequence: str | None, chain: str | None = None
) -> list[Target]:
    """The proteins of a job: a bundled name, a sequence, or a file with one or more."""
    from .. import proteins
    from ..ensembles.sequence_files import (
        is_sequence_file,
        looks_like_sequence,
        read_sequences,
    )
    from ..geometry.residues import check_sequence

    if (protein is None) == (sequence is None):
        raise SettingsError(
            "Name a bundled protein or give --sequence, one of the two; a FASTA, PDB or mmCIF "
            f"file or a sequence may stand for the name. Bundled: {', '.join(proteins.names())}."
        )
    if sequence is not None:
        sequence = check_sequence(sequence)
        return [Target("sample", sequence, proteins.by_sequence(sequence))]
    assert protein is not None
    if is_sequence_file(protein):
        return [
            Target(name, found, proteins.by_sequence(found))
            for name, found in read_sequences(protein, chain=chain)
        ]
    if chain is not None:
        raise SettingsError("--chain chooses a chain of a PDB or mmCIF file; none is given.")
    try:
        bundled = proteins.get(protein)
    except proteins.UnknownProteinError:
        if not looks_like_sequence(protein):
            raise
        return find_targets(None, protein)
    return [Target(bundled.name, bundled.sequence, bundled)]


def read_structure(path: Path, sequence: str, chain: str | None = None) -> Atom14Trajectory:
    """The structure to start from, or to hold residues of."""
    from ..geometry.structure import load_atom14

    return load_atom14(path, sequence=sequence, chain=chain)


def frames_of(structure: Atom14Trajectory) -> Rigid:
    """Backbone frames (L,) of the first frame."""
    from ..geometry.atom14 import backbone_frames

    return backbone_frames(structure.positions[0], structure.mask, structure.sequence)


def free_name(path: Path) -> Path:
    """The path, or the first numbered one that does not exist yet."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
