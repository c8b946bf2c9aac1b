"""Systems: the only code that turns user input into a sequence, networks and guidance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..ensembles.sequence_files import NamedSequence
from ..errors import SettingsError
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import KINDS, NO_GUIDANCE, check_kind, has_temperature, kind_of_head
from ..models.temperature import eta_of_temperature
from ..physics.surrogate import EnergySurrogate
from . import checkpoint_models, peptides
from .advice import HEAD_ADVICE, THERMAL_ADVICE
from .catalogue import Protein, bundled_networks, by_sequence, names
from .find_sequences import find_sequences
from .reference import SimulatedReference


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
        Peptides for which none is given have the transferable model
        (:mod:`~confdiff_widgets.proteins.peptides`).
    representation : str, optional
        Representation of a model whose file does not state it.
    features : path, optional
        Folder or NPZ with the features of the sequence.
    guidance_network : str or path, optional
        Checkpoint with the guidance head, if it is not part of the model.
    own_reference : SimulatedReference, optional
        Reference of the sequence, in place of a bundled one.
    """

    sequence: str
    protein: Protein | None = None
    model: str | Path | None = None
    unconditional: str | Path | None = None
    representation: str | None = None
    features: str | Path | None = None
    guidance_network: str | Path | None = None
    own_reference: SimulatedReference | None = None

    @property
    def title(self) -> str:
        """Name for headings."""
        return self.protein.title if self.protein else f"{len(self.sequence)} residues"

    @property
    def name(self) -> str:
        """Short name, suitable for file names."""
        return self.protein.name if self.protein else self.sequence[:12].lower()

    @property
    def reference(self) -> SimulatedReference | None:
        """The reference of the sequence: the given one, or that of a bundled protein."""
        if self.own_reference is not None:
            return self.own_reference
        return self.protein.reference() if self.protein else None

    @property
    def folded(self) -> NDArray[np.float32] | None:
        """Heavy atoms (L, 14, 3) of the folded structure of a bundled protein, Å, absent ones 0."""
        return self.protein.reference().folded if self.protein else None

    def energy_surrogate(self, device: str = "cpu") -> EnergySurrogate | None:
        """Return the estimator of minimised energies of predictions of the bundled networks."""
        if self.protein is None or self.model is not None:
            return None
        return self.protein.energy_surrogate(device)

    @property
    def model_name(self) -> str:
        """Description of the networks."""
        if self.model is None:
            return self.bundled_model
        return Path(self.model).name + (" + unconditional" if self.unconditional else "")

    @property
    def bundled_model(self) -> str:
        """Description of the bundled networks for this sequence; empty if there are none."""
        if self.protein is not None:
            return "bundled, one-hot"
        return peptides.model_title() if peptides.is_peptide(self.sequence) else ""

    @property
    def transferable(self) -> bool:
        """Whether the networks are the bundled ones for any short peptide."""
        return self.model is None and self.protein is None

    @property
    def caution(self) -> str:
        """How far samples of the transferable model can be trusted; empty for other networks."""
        return peptides.caution(self.sequence) if self.transferable else ""

    @property
    def network_sources(self) -> dict[str, str]:
        """Arguments of `load_system` that load the same networks; empty for the bundled ones."""
        names = ("model", "unconditional", "representation", "features", "guidance_network")
        given = {name: getattr(self, name) for name in names}
        return {name: str(value) for name, value in given.items() if value is not None}

    @property
    def thermal_without_guidance(self) -> bool:
        """Whether the networks of runs without guidance take the temperature as an input."""
        return self._networks.thermal

    @property
    def gamma_fixed_reason(self) -> str:
        """Why γ cannot be changed; empty if it can."""
        if self.model is None:  # both networks are bundled
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
        """Kinds of physical guidance that are available, the default first.

        A given guidance network is preferred to thermal networks.
        """
        available = [kind for kind in KINDS if not self.guidance_unavailable(kind)]
        if self.guidance_network is not None:
            available.sort(key=has_temperature)
        return tuple(available)

    @property
    def default_guidance(self) -> str:
        """The first kind of physical guidance that is available, or "none"."""
        return next(iter(self.guidance_kinds), NO_GUIDANCE)

    def default_eta(self, kind: str) -> float:
        """Return η when the user chooses a kind of guidance without giving one.

        That of temperature guidance stands for the temperature of the reference.
        """
        if kind not in KINDS:
            return 0.0
        if has_temperature(kind) and self.protein is not None:
            return eta_of_temperature(float(self.protein.temperature))
        if has_temperature(kind) and self.transferable:
            return eta_of_temperature(peptides.TEMPERATURE)
        return KINDS[kind].default_eta

    @property
    def sampling_guidance(self) -> str:
        """The kind of guidance of samples for which none is chosen.

        Thermal networks sample at a temperature, and a given guidance network is used. Other heads
        need a choice.
        """
        default = self.default_guidance
        chosen = has_temperature(default) or self.guidance_network is not None
        return default if chosen else NO_GUIDANCE

    def evaluation_bytes(self, samples: int = 1) -> int:
        """Estimate the peak memory of a network evaluation of a batch, in bytes."""
        return self._networks.model.evaluation_bytes(len(self.sequence), samples)

    def guidance_unavailable(self, kind: str) -> str:
        """Return why a kind of physical guidance is unavailable; empty if it is available."""
        if has_temperature(kind):
            return "" if self._thermal else "the networks do not take a temperature"
        if not KINDS[kind].heads:
            return ""
        source = self._guidance_source
        if source is not None:
            name = Path(source).name
            given = checkpoint_models.open_checkpoint(source, representation=self.representation)
            head = given.head
            if head is None:
                return f"{name} has no guidance head"
            found = kind_of_head(head.config.head)
            return "" if found == kind else f"{name} has a head for {found}"
        if self.protein is None or kind not in self.protein.guidances():
            return f"no {kind} head is bundled for {self.title}"
        return ""

    def check_guidance(self, kind: str) -> None:
        """Refuse a kind of physical guidance that this system has no head for.

        Raises
        ------
        SettingsError
            If the kind is unknown or unavailable.
        """
        check_kind(kind)
        reason = "" if kind == NO_GUIDANCE else self.guidance_unavailable(kind)
        if reason:
            advice = THERMAL_ADVICE if has_temperature(kind) else self._guidance_advice()
            raise SettingsError(f"{kind.capitalize()} guidance is unavailable: {reason}. {advice}")

    def require_guidance(self) -> str:
        """Return the default kind of physical guidance of a system that must have one.

        Raises
        ------
        SettingsError
            If the system has no guidance head.
        """
        if not self.guidance_kinds:
            raise SettingsError(
                f"η other than 0 needs a guidance head, and there is none for {self.title}. "
                f"{self._guidance_advice()} Otherwise set η to 0."
            )
        return self.default_guidance

    def load_physical(self, kind: str, device: str = "cpu") -> PhysicalGuidance | None:
        """Load the physical guidance of a kind, or None for "none".

        Raises
        ------
        CheckpointError, DownloadError, RepresentationError
            If the checkpoint or the features cannot be loaded or computed.
        SettingsError
            If the kind is unknown or unavailable.
        """
        self.check_guidance(kind)
        if kind == NO_GUIDANCE:
            return None
        if not KINDS[kind].heads:
            return KINDS[kind].loader(self.load_networks(device, kind).model)
        source = self._guidance_source
        if source is None:
            assert self.protein is not None  # otherwise no kind is available
            return self.protein.load_physical(kind, device)
        return checkpoint_models.given_guidance(
            source,
            self.sequence,
            device,
            representation=self.representation,
            features=self.features,
        )

    def load_networks(
        self, device: str = "cpu", guidance: str = NO_GUIDANCE
    ) -> ClassifierFreeGuidance:
        """Load the score networks onto a device.

        Parameters
        ----------
        device : str
        guidance : str
            Kind of physical guidance that they are used with: of the bundled networks, the thermal
            ones belong to temperature guidance.

        Raises
        ------
        CheckpointError, DownloadError, RepresentationError
            If a checkpoint or the features cannot be loaded or computed.
        SettingsError
            If a checkpoint has the wrong kind of network, such as a conditional one as
            ``unconditional``.
        """
        if self.model is None:
            thermal = self.transferable or has_temperature(guidance)
            return bundled_networks(self.sequence, device, thermal=thermal)
        return checkpoint_models.given_networks(
            self.model,
            self.unconditional,
            self.sequence,
            device,
            representation=self.representation,
            features=self.features,
        )

    # --- inside -----------------------------------------------------------------------------

    @cached_property
    def _networks(self) -> ClassifierFreeGuidance:
        """The networks on the CPU, for their properties."""
        return self.load_networks("cpu")

    @cached_property
    def _thermal(self) -> bool:
        return self.load_networks("cpu", "temperature").thermal

    @property
    def _guidance_source(self) -> str | Path | None:
        return self.guidance_network if self.guidance_network is not None else self.model

    def _guidance_advice(self) -> str:
        if self.guidance_kinds:
            kind = self.guidance_kinds[0]
            return f'Use {kind} guidance (--guidance {kind}, or guidance="{kind}" in Python).'
        return f"Heads are bundled for {' and '.join(names())} only. {HEAD_ADVICE}"


def load_system(
    protein: str | Path | NamedSequence,
    *,
    model: str | Path | None = None,
    unconditional: str | Path | None = None,
    guidance_network: str | Path | None = None,
    representation: str | None = None,
    features: str | Path | None = None,
    chain: str | None = None,
) -> System:
    """Resolve a bundled protein, a sequence or a file with a sequence to a system.

    Parameters
    ----------
    protein : str, path or NamedSequence
        Name, sequence, or a FASTA or structure file (the first sequence of a FASTA file). A
        sequence of fewer than 4 residues must be a NamedSequence.
    model, unconditional, guidance_network, representation, features : optional
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
    named = protein if isinstance(protein, NamedSequence) else find_sequences(protein, chain)[0]
    sequence = named.checked()
    bundled = by_sequence(sequence)
    checkpoint_models.check_unconditional(model, unconditional)
    if model is None and bundled is None:
        peptides.check_length(sequence)
    if guidance_network is not None:
        checkpoint_models.open_head(guidance_network, representation=representation)
    return System(
        sequence, bundled, model, unconditional, representation, features, guidance_network
    )
