"""Systems: the only code that turns user input into a sequence, networks and guidance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from .. import proteins
from ..analysis.free_energy import FreeEnergy, free_energy
from ..ensembles.sequence_files import is_sequence_file, looks_like_sequence, read_sequences
from ..errors import SettingsError
from ..geometry.residues import check_sequence
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import KINDS, kind_of_head
from ..models.config import NetworkConfig
from ..models.hub import PUBLISHED, is_downloaded
from . import Protein, Reference
from .checkpoint_models import (
    cfg_from_checkpoints,
    open_checkpoint,
    open_guidance_checkpoint,
    physical_from_checkpoint,
)

BINS = 40
"""Bins of the reference's free energy along each TIC."""


class NamedSequence(NamedTuple):
    """A sequence, and the bundled protein that has it.

    Attributes
    ----------
    name : str
        Short name, fit for a file.
    sequence : str
    protein : Protein or None
    """

    name: str
    sequence: str
    protein: Protein | None = None


@dataclass(frozen=True)
class System:
    """A protein and the networks that sample it.

    Attributes
    ----------
    sequence : str
    protein : Protein or None
        The bundled protein with this sequence, if there is one.
    model, unconditional : str or path, optional
        Networks that replace the bundled ones: a published name, a file or a training folder.
    representation : str, optional
        Representation of a model whose file does not state it.
    features : path, optional
        Folder or NPZ with the features of the sequence.
    guidance_network : str or path, optional
        Checkpoint with the guidance head, if it is not part of the model.
    """

    sequence: str
    protein: Protein | None = None
    model: str | Path | None = None
    unconditional: str | Path | None = None
    representation: str | None = None
    features: str | Path | None = None
    guidance_network: str | Path | None = None

    @property
    def title(self) -> str:
        """Name for headings."""
        return self.protein.title if self.protein else f"{len(self.sequence)} residues"

    @property
    def name(self) -> str:
        """Short name, fit for a file."""
        return self.protein.name if self.protein else self.sequence[:12].lower()

    @cached_property
    def reference(self) -> Reference | None:
        """The reference ensemble of a bundled protein."""
        return self.protein.reference() if self.protein else None

    @cached_property
    def free_energy(self) -> FreeEnergy | None:
        """Free energy of the reference on TICs 1 and 2."""
        if self.reference is None:
            return None
        tics = self.reference.tica.transform(self.reference.ca)
        return free_energy(tics, temperature_k=self.reference.temperature, bins=BINS)

    @property
    def model_name(self) -> str:
        """Description of the networks."""
        if self.model is None:
            return "bundled, one-hot"
        return Path(self.model).name + (" + unconditional" if self.unconditional else "")

    @property
    def network_sources(self) -> dict[str, str]:
        """Arguments of `load_system` that load the same networks; empty for the bundled ones."""
        names = ("model", "unconditional", "representation", "features", "guidance_network")
        given = {name: getattr(self, name) for name in names}
        return {name: str(value) for name, value in given.items() if value is not None}

    @property
    def gamma_fixed_reason(self) -> str:
        """Why γ cannot be changed; empty if it can."""
        if self.model is None:  # all bundled proteins have both networks
            return ""
        if self._networks.unconditional is None:
            return "γ is 1: the model has no unconditional network"
        if self._networks.conditional is None:
            return "γ is 0: the network does not depend on the sequence"
        return ""

    @property
    def default_gamma(self) -> float:
        """1, or 0 for a network that does not depend on the sequence."""
        return 0.0 if self.model is not None and self._networks.conditional is None else 1.0

    @property
    def guidance_kinds(self) -> tuple[str, ...]:
        """Kinds of physical guidance that this system has a head for, the default first."""
        return tuple(kind for kind in KINDS if not self.guidance_unavailable(kind))

    @property
    def default_guidance(self) -> str:
        """The first kind of physical guidance that is available, or "none"."""
        return next(iter(self.guidance_kinds), "none")

    @property
    def network_config(self) -> NetworkConfig:
        """Sizes of the larger network."""
        network = self._networks.conditional or self._networks.unconditional
        assert network is not None
        return network.config

    @cached_property
    def _networks(self) -> ClassifierFreeGuidance:
        """The networks on the CPU, for their properties; files are read once."""
        return self.load_networks("cpu")

    def guidance_unavailable(self, kind: str) -> str:
        """Return why a kind of physical guidance is unavailable; empty if it is available."""
        source = self._guidance_source
        if source is not None:
            name = Path(source).name
            head = open_checkpoint(source, representation=self.representation).head
            if head is None:
                return f"{name} has no guidance head"
            found = kind_of_head(head.config.head)
            return "" if found == kind else f"{name} has a head for {found}"
        if self.protein is None or kind not in self.protein.guidances():
            return f"no {kind} head is bundled for {self.title}"
        return ""

    def load_physical(self, kind: str, device: str) -> PhysicalGuidance | None:
        """Load the physical guidance of a kind, or None for "none".

        Raises
        ------
        SettingsError
            If the kind is unknown or the system has no head for it.
        """
        if kind == "none":
            return None
        if kind not in KINDS:
            raise SettingsError(f"Unknown guidance {kind!r}; use {' or '.join(KINDS)}.")
        if reason := self.guidance_unavailable(kind):
            raise SettingsError(f"{reason[0].upper()}{reason[1:]}. {self._head_advice()}")
        source = self._guidance_source
        if source is not None:
            return physical_from_checkpoint(self.sequence, source, device, **self._source)
        assert self.protein is not None
        return self.protein.load_physical(kind, device)

    def load_networks(self, device: str) -> ClassifierFreeGuidance:
        """Load the score networks onto a device.

        Raises
        ------
        CheckpointError, DownloadError, RepresentationError, SettingsError
            If a checkpoint or its features cannot be loaded, or networks do not match.
        """
        if self.model is not None:
            return cfg_from_checkpoints(
                self.sequence, self.model, self.unconditional, device, **self._source
            )
        assert self.protein is not None  # checked by load_system
        return self.protein.load_networks(device)

    @property
    def _guidance_source(self) -> str | Path | None:
        return self.guidance_network if self.guidance_network is not None else self.model

    def _head_advice(self) -> str:
        kinds = self.guidance_kinds
        if kinds:
            return f"Use {kinds[0]} guidance (--guidance {kinds[0]})."
        return (
            f"{' and '.join(proteins.names())} have bundled heads. Train one with `confdiff train` "
            "and give its folder (--guidance-network, or guidance_network= in Python)."
        )

    @property
    def _source(self) -> dict[str, Any]:
        return {"representation": self.representation, "features": self.features}


@dataclass(frozen=True)
class ModelOffer:
    """Networks that the user can choose.

    Attributes
    ----------
    model : str or None
        Value for ``model``; None for the bundled networks.
    title : str
        Description for a menu.
    ready : bool
        Whether the file is on this machine; otherwise choosing it downloads it.
    """

    model: str | None
    title: str
    ready: bool


def offered_models(protein: Protein | None) -> list[ModelOffer]:
    """List the networks for a bundled protein, or with None for any other sequence."""
    bundled = [ModelOffer(None, "bundled, one-hot", True)] if protein else []
    return bundled + [
        ModelOffer(entry.name, f"{entry.name} ({entry.about})", is_downloaded(entry))
        for entry in PUBLISHED.values()
    ]


def load_system(
    protein: str | Path | NamedSequence,
    model: str | Path | None = None,
    unconditional: str | Path | None = None,
    *,
    guidance_network: str | Path | None = None,
    representation: str | None = None,
    features: str | Path | None = None,
    chain: str | None = None,
) -> System:
    """Resolve a bundled protein, a sequence or a file with a sequence to a system.

    Parameters
    ----------
    protein : str, path or NamedSequence
        Name, sequence, or a FASTA, PDB or mmCIF file (the first sequence of a FASTA file).
    model, unconditional : str or path, optional
        A published name such as ``ConfDiff-ESM-r3-FORCE``, a file or a training folder.
    guidance_network, representation, features : optional
        As in :class:`System`.
    chain : str, optional
        Chain of a structure file with several.

    Raises
    ------
    UnknownProteinError
        If the text is neither a name nor a sequence.
    SettingsError
        If no network is available for the sequence, or the guidance network has no head.
    """
    if not isinstance(protein, NamedSequence):
        protein = find_sequences(str(protein), chain)[0]
    if model is None and unconditional is not None:
        raise SettingsError(
            "--unconditional goes with --model (unconditional= and model= in Python): bundled "
            "proteins have networks of their own."
        )
    if model is None and protein.protein is None:
        raise SettingsError(
            f"No bundled model knows the sequence {protein.sequence}: the bundled networks were "
            f"trained on {', '.join(proteins.names())} only. Give a published checkpoint (--model "
            "ConfDiff-ESM-r3-COND, or model= in Python), or train one on a trajectory of it with "
            "`confdiff train` and give its folder."
        )
    if guidance_network is not None:
        open_guidance_checkpoint(guidance_network, representation=representation)
    return System(
        protein.sequence,
        protein.protein,
        model,
        unconditional,
        representation,
        features,
        guidance_network,
    )


def find_sequences(text: str, chain: str | None = None) -> list[NamedSequence]:
    """Find the sequences that a text means: a bundled name, a sequence or a file with several.

    Raises
    ------
    UnknownProteinError
        If the text is neither a name nor a sequence.
    SettingsError, SequenceError, StructureError
        If a file has no sequence, unknown residues or several chains.
    """
    if is_sequence_file(text):
        return [
            NamedSequence(name, sequence, proteins.by_sequence(sequence))
            for name, sequence in read_sequences(text, chain=chain)
        ]
    try:
        found = proteins.get(text)
    except proteins.UnknownProteinError:
        if not looks_like_sequence(text):
            raise
        sequence = check_sequence(text)
        return [NamedSequence("sample", sequence, proteins.by_sequence(sequence))]
    return [NamedSequence(found.name, found.sequence, found)]
