"""Bundled proteins with their reference and networks, and the models that menus offer for them."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import torch

from ..errors import SettingsError, UserError
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import KINDS
from ..models.confdiff import ConfDiffModel
from ..models.hub import PUBLISHED, is_downloaded
from ..physics.surrogate import EnergySurrogate
from ..ranges import shown
from ..renamed import RenamedAttribute
from ..representations import OneHot
from .minimised_energies import MinimisedEnergies
from .reference import Reference

ALIASES = {"cln025": "chignolin", "5awl": "chignolin", "2jof": "trp-cage", "trpcage": "trp-cage"}


NETWORKS = ("conditional", "unconditional")
"""Networks of one temperature, which the guidance heads belong to."""

THERMAL_NETWORKS = ("thermal_conditional", "thermal_unconditional")
"""Networks that take the temperature as an input."""


class UnknownProteinError(UserError, KeyError):
    """A name is not in the catalogue."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Protein:
    """A bundled protein.

    Attributes
    ----------
    name, title, pdb_id, sequence : str
    temperature : float
        Default temperature (K) of the reference and of temperature guidance.
    reference_note, caution, tica_note : str
        Origin of the reference, its limitations, and the fit of its TICA.
    folded_cutoff : float
        CA-RMSD (Å) to the folded structure below which a conformer of a melting curve is folded.
    scores : dict
        Metrics of the bundled model against the reference, with their sampling baselines; empty if
        not measured.
    """

    name: str
    title: str
    pdb_id: str
    sequence: str
    temperature: float
    reference_note: str
    caution: str
    tica_note: str
    folded_cutoff: float
    scores: dict = field(default_factory=dict)

    mix = RenamedAttribute("load_networks")
    physical = RenamedAttribute("load_physical")

    def reference(self) -> Reference:
        """Return the reference ensemble (read once)."""
        return _reference(self.name)

    def load_networks(
        self, device: torch.device | str = "cpu", *, thermal: bool = False
    ) -> ClassifierFreeGuidance:
        """Load the bundled networks, or the thermal ones, with this protein's features."""
        return bundled_networks(self.sequence, device, thermal=thermal)

    def guidances(self) -> tuple[str, ...]:
        """Return the kinds of physical guidance with a bundled head."""
        return tuple(
            name
            for name, kind in KINDS.items()
            if kind.heads and _weights(_head(name, self.name)).is_file()
        )

    def load_physical(self, kind: str, device: torch.device | str = "cpu") -> PhysicalGuidance:
        """Load the bundled guidance head of a kind.

        Raises
        ------
        SettingsError
            If no such head is bundled.
        """
        if kind not in self.guidances():
            raise SettingsError(
                f"No {kind} head is bundled for {self.title}. Available: "
                f"{' and '.join(self.guidances()) or 'none'}."
            )
        model = _model(_head(kind, self.name), str(device))
        return KINDS[kind].loader(model.with_features(OneHot()(self.sequence).to(device)))

    def energy_surrogate(self, device: torch.device | str = "cpu") -> EnergySurrogate:
        """Return the estimator of minimised energies (read once)."""
        return _surrogate(self.name, str(device))

    def minimised_energies(self) -> MinimisedEnergies:
        """Return the minimised energies of frames of the reference (read once)."""
        return _minimised_energies(self.name)


def bundled_networks(
    sequence: str, device: torch.device | str = "cpu", *, thermal: bool
) -> ClassifierFreeGuidance:
    """Load the bundled networks, or the thermal ones, with the features of a sequence."""
    conditional, unconditional = (
        _model(name, str(device)) for name in (THERMAL_NETWORKS if thermal else NETWORKS)
    )
    return ClassifierFreeGuidance(
        conditional.with_features(OneHot()(sequence).to(device)), unconditional
    )


def names() -> tuple[str, ...]:
    """Return the names of the bundled proteins."""
    return tuple(sorted(p.name for p in _root("data").iterdir() if p.is_dir()))


@cache
def get(name: str) -> Protein:
    """Return a bundled protein by name, PDB code or alias.

    Raises
    ------
    UnknownProteinError
        If there is none; the message suggests the nearest name.
    """
    key = name.strip().lower()
    key = ALIASES.get(key, key)
    if key not in names():
        near = difflib.get_close_matches(key, [*names(), *ALIASES], n=1, cutoff=0.6)
        hint = f" Did you mean {ALIASES.get(near[0], near[0])}?" if near else ""
        raise UnknownProteinError(
            f"Unknown protein {shown(name)}.{hint} Bundled: {', '.join(names())}."
        )
    folder = _root("data") / key
    about = json.loads((folder / "protein.json").read_text(encoding="utf-8"))
    scores = folder / "scores.json"
    return Protein(
        name=about["name"],
        title=about["title"],
        pdb_id=about["pdb_id"],
        sequence=about["sequence"],
        temperature=about["temperature"],
        reference_note=about["reference"],
        caution=about["caution"],
        tica_note=about["tica"],
        folded_cutoff=about["folded_cutoff"],
        scores=json.loads(scores.read_text(encoding="utf-8")) if scores.exists() else {},
    )


def by_sequence(sequence: str) -> Protein | None:
    """Return the bundled protein with this sequence, or None."""
    return next((get(n) for n in names() if get(n).sequence == sequence), None)


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


def offered_models(bundled: str) -> list[ModelOffer]:
    """List the networks for a sequence: the bundled ones under this title, unless it is empty."""
    first = [ModelOffer(None, bundled, True)] if bundled else []
    return first + [
        ModelOffer(entry.name, f"{entry.name} ({entry.about})", is_downloaded(entry))
        for entry in PUBLISHED.values()
    ]


def missing_files() -> list[str]:
    """List missing bundled files (of a damaged or incomplete installation)."""
    heads = [_head(kind, name) for name in names() for kind, about in KINDS.items() if about.heads]
    wanted = [_weights(network) for network in (*NETWORKS, *THERMAL_NETWORKS, *heads)]
    wanted.append(_root("weights") / "thermal_peptides.json")
    wanted += [_weights(f"surrogate_{name}") for name in names()]
    wanted += [
        _root("data") / name / file
        for name in names()
        for file in ("reference.npz", "minimised.npz")
    ]
    return [str(path) for path in wanted if not path.is_file()]


def _root(folder: str) -> Path:
    return Path(str(resources.files(__package__).joinpath(folder)))


@cache
def _reference(name: str) -> Reference:
    return Reference.load(_root("data") / name / "reference.npz")


@cache
def _surrogate(name: str, device: str) -> EnergySurrogate:
    return EnergySurrogate.load(_weights(f"surrogate_{name}"), device)


@cache
def _minimised_energies(name: str) -> MinimisedEnergies:
    return MinimisedEnergies.load(_root("data") / name / "minimised.npz")


def _head(kind: str, protein: str) -> str:
    """Return the file name of a head. Heads are trained for one protein, networks for all."""
    return f"{kind}_{protein}"


def _weights(network: str) -> Path:
    return _root("weights") / f"{network}.safetensors"


@cache
def _model(name: str, device: str) -> ConfDiffModel:
    return ConfDiffModel.load(_weights(name), device=device)
