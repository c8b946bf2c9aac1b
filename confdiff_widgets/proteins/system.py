"""What is sampled: a sequence, the networks for it, and what it is judged against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import proteins
from ..analysis.free_energy import FreeEnergy, free_energy
from ..ensembles.sequence_files import is_sequence_file, looks_like_sequence, read_sequences
from ..errors import SettingsError
from ..geometry.residues import check_sequence
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..models.config import NetworkConfig
from ..models.hub import PUBLISHED, is_downloaded
from ..sampling.config import Guidance
from . import Protein, Reference
from .checkpoint_models import cfg_from_checkpoints, open_checkpoint, physical_from_checkpoint

BINS = 40
"""Of the reference's free energy, each way."""


@dataclass(frozen=True)
class System:
    """A protein and the networks that sample it.

    Attributes
    ----------
    sequence : str
    protein : Protein or None
        The bundled protein with this sequence, if there is one.
    model, unconditional : str or path, optional
        Networks in place of the bundled ones: a published name, a file or a training folder.
    representation : str, optional
        Of a model that does not say it.
    features : path, optional
        Folder or NPZ with the features of the sequence.
    """

    sequence: str
    protein: Protein | None = None
    model: str | Path | None = None
    unconditional: str | Path | None = None
    representation: str | None = None
    features: str | Path | None = None

    @property
    def title(self) -> str:
        return self.protein.title if self.protein else f"{len(self.sequence)} residues"

    @property
    def name(self) -> str:
        """Short name, fit for a file."""
        return self.protein.name if self.protein else self.sequence[:12].lower()

    @cached_property
    def reference(self) -> Reference | None:
        """The reference ensemble, where there is one."""
        return self.protein.reference() if self.protein else None

    @cached_property
    def free_energy(self) -> FreeEnergy | None:
        """The reference's, on TICs 1 and 2."""
        if self.reference is None:
            return None
        tics = self.reference.tica.transform(self.reference.ca)
        return free_energy(tics, temperature_k=self.reference.temperature, bins=BINS)

    @property
    def model_name(self) -> str:
        """What the networks are, for a person."""
        if self.model is None:
            return "bundled, one-hot"
        return Path(self.model).name + (" + unconditional" if self.unconditional else "")

    @property
    def networks(self) -> dict[str, str]:
        """What `load_system` is to be told to find the same networks; empty for the bundled."""
        names = ("model", "unconditional", "representation", "features")
        given = {name: getattr(self, name) for name in names}
        return {name: str(value) for name, value in given.items() if value is not None}

    @property
    def gamma_fixed_reason(self) -> str:
        """Why γ cannot be moved; empty when it can."""
        if self.model is None:  # all bundled proteins have both networks
            return ""
        if self._networks.unconditional is None:
            return "γ is 1: there is no unconditional network to mix in"
        if self._networks.conditional is None:
            return "γ is 0: the network does not know the sequence"
        return ""

    @property
    def default_gamma(self) -> float:
        """γ unless a person says otherwise: 1, or 0 for a network that knows no sequence."""
        return 0.0 if self.model is not None and self._networks.conditional is None else 1.0

    @property
    def default_guidance(self) -> Guidance:
        """What η acts through unless a person says otherwise: force where there is a head."""
        kinds: tuple[Guidance, ...] = ("force", "energy")
        return next((kind for kind in kinds if not self.guidance_unavailable(kind)), "none")

    @property
    def network_config(self) -> NetworkConfig:
        """Sizes of the larger network."""
        network = self._networks.conditional or self._networks.unconditional
        assert network is not None
        return network.config

    @cached_property
    def _networks(self) -> ClassifierFreeGuidance:
        """To ask them what they are: files are read once."""
        return self.load_networks("cpu")

    def guidance_unavailable(self, guidance: str) -> str:
        """Why there is no such physical guidance; empty when there is."""
        if self.model is not None:
            head = open_checkpoint(self.model, representation=self.representation).head
            if head is None:
                return f"{self.model_name} has no guidance head"
            kind = _kind_of_head(head.config.head)
            return "" if kind == guidance else f"{self.model_name} has a head for {kind}"
        if self.protein is None or guidance not in self.protein.guidances():
            return f"no {guidance} head is bundled for {self.title}"
        return ""

    def load_physical(self, guidance: str, device: str) -> PhysicalGuidance | None:
        """The physical term of a run's settings."""
        if guidance == "none":
            return None
        if why := self.guidance_unavailable(guidance):
            raise SettingsError(why[0].upper() + why[1:] + ".")
        if self.model is not None:
            return physical_from_checkpoint(self.sequence, self.model, device, **self._source)
        assert self.protein is not None
        return self.protein.load_physical(guidance, device)

    def load_networks(self, device: str) -> ClassifierFreeGuidance:
        """The networks on a device."""
        if self.model is not None:
            return cfg_from_checkpoints(
                self.sequence, self.model, self.unconditional, device, **self._source
            )
        assert self.protein is not None  # load_system sees to it
        return self.protein.load_networks(device)

    @property
    def _source(self) -> dict[str, Any]:
        return {"representation": self.representation, "features": self.features}


@dataclass(frozen=True)
class ModelOffer:
    """Networks that a person may choose.

    Attributes
    ----------
    model : str or None
        What to give as ``model``; None for the bundled networks.
    title : str
        For a person.
    ready : bool
        Whether it is on this machine; the others are downloaded when they are chosen.
    """

    model: str | None
    title: str
    ready: bool


def offered_models(protein: Protein | None) -> list[ModelOffer]:
    """The networks for a bundled protein or, with None, for any other sequence."""
    bundled = [ModelOffer(None, "bundled, one-hot", True)] if protein else []
    return bundled + [
        ModelOffer(entry.name, f"{entry.name} ({entry.about})", is_downloaded(entry))
        for entry in PUBLISHED.values()
    ]


def load_system(
    protein: str | Path,
    model: str | Path | None = None,
    unconditional: str | Path | None = None,
    *,
    representation: str | None = None,
    features: str | Path | None = None,
    chain: str | None = None,
) -> System:
    """The system of a bundled protein's name, of a sequence, or of a file with one.

    Parameters
    ----------
    protein : str or path
        Name, sequence, or a FASTA, PDB or mmCIF file.
    model, unconditional : str or path, optional
        A published name such as ``ConfDiff-ESM-r3-FORCE``, a file or a training folder.
    representation, features : optional
        As in :class:`System`.
    chain : str, optional
        Of a structure file with several.

    Raises
    ------
    UnknownProteinError
        For what is neither a name nor a sequence.
    SettingsError
        For a sequence that no network is at hand for.
    """
    found, sequence = _find_protein(str(protein), chain)
    if model is None and unconditional is not None:
        raise SettingsError("unconditional goes with model; bundled proteins bring their own.")
    if model is None and found is None:
        raise SettingsError(
            f"No bundled network knows the sequence {sequence}: they learned "
            f"{', '.join(proteins.names())} by heart. Give a checkpoint of the authors as model= "
            "(such as ConfDiff-ESM-r3-FORCE), or train one on a trajectory of it with "
            "`confdiff train` and give its folder."
        )
    return System(sequence, found, model, unconditional, representation, features)


def _find_protein(text: str, chain: str | None) -> tuple[Protein | None, str]:
    """The bundled protein, if it is one, and the sequence."""
    try:
        found: Protein | None = proteins.get(text)
    except proteins.UnknownProteinError:
        if is_sequence_file(text):
            sequence = read_sequences(text, chain=chain)[0].sequence
        elif looks_like_sequence(text):
            sequence = check_sequence(text)
        else:
            raise
        return proteins.by_sequence(sequence), sequence
    assert found is not None
    return found, found.sequence


def _kind_of_head(head: str | None) -> str:
    """The guidance that a head serves."""
    return "energy" if head == "energy" else "force"
