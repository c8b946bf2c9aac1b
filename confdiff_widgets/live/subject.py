"""What is sampled: a sequence, the networks for it, and what it is judged against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .. import proteins
from ..analysis.free_energy import FreeEnergy, free_energy
from ..errors import SettingsError
from ..geometry.residues import check_sequence
from ..guidance.mix import GammaMix
from ..guidance.physical import PhysicalTerm
from ..models.config import NetworkConfig
from ..proteins import Protein, Reference
from ..proteins.own import mix_from_files

BINS = 40
"""Of the reference's free energy, each way."""


@dataclass(frozen=True)
class Subject:
    """A protein and the networks that sample it.

    Attributes
    ----------
    sequence : str
    protein : Protein or None
        The bundled protein with this sequence, if there is one.
    model, unconditional : path, optional
        Networks of the user's own in place of the bundled ones.
    """

    sequence: str
    protein: Protein | None = None
    model: str | Path | None = None
    unconditional: str | Path | None = None

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

    @cached_property
    def why_gamma_fixed(self) -> str:
        """Why γ cannot be moved; empty when it can."""
        mix = self.mix("cpu")
        if mix.unconditional is None:
            return "γ is 1: there is no unconditional network to mix in"
        if mix.conditional is None:
            return "γ is 0: the network does not know the sequence"
        return ""

    @cached_property
    def network_config(self) -> NetworkConfig:
        """Sizes of the larger network."""
        mix = self.mix("cpu")
        network = mix.conditional or mix.unconditional
        assert network is not None
        return network.config

    def why_not(self, guidance: str) -> str:
        """Why there is no such physical guidance; empty when there is."""
        if self.model is not None:
            return "physical guidance comes with the bundled networks alone"
        assert self.protein is not None
        if guidance not in self.protein.guidances():
            return f"no {guidance} head is bundled for {self.protein.title}"
        return ""

    def physical(self, guidance: str, device: str) -> PhysicalTerm | None:
        """The physical term of a run's settings."""
        if guidance == "none":
            return None
        if why := self.why_not(guidance):
            raise SettingsError(why[0].upper() + why[1:] + ".")
        assert self.protein is not None
        return self.protein.physical(guidance, device)

    def mix(self, device: str) -> GammaMix:
        """The networks on a device."""
        if self.model is not None:
            return mix_from_files(self.sequence, self.model, self.unconditional, device)
        assert self.protein is not None  # find_subject sees to it
        return self.protein.mix(device)


def find_subject(
    protein: str, model: str | Path | None = None, unconditional: str | Path | None = None
) -> Subject:
    """The subject of a bundled protein's name, or of a sequence.

    Raises
    ------
    UnknownProteinError
        For what is neither a name nor a sequence.
    SettingsError
        For a sequence that no network is at hand for.
    """
    try:
        found: Protein | None = proteins.get(protein)
    except proteins.UnknownProteinError:
        if not _looks_like_sequence(protein):
            raise
        found = proteins.by_sequence(check_sequence(protein))
    sequence = found.sequence if found else check_sequence(protein)
    if model is None and unconditional is not None:
        raise SettingsError("unconditional goes with model; bundled proteins bring their own.")
    if model is None and found is None:
        raise SettingsError(
            f"No bundled network knows the sequence {sequence}: they learned "
            f"{', '.join(proteins.names())} by heart. Train one on a trajectory of it with "
            "`confdiff train`, and give its folder as model=."
        )
    return Subject(sequence, found, model, unconditional)


def _looks_like_sequence(text: str) -> bool:
    text = "".join(text.split())
    return len(text) > 3 and text.isalpha() and text.isupper()
