"""The kinds of physical guidance: label, help text, range, cost and class of each.

To add a kind, write its class in a file of its own and add one line to ``KINDS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import SettingsError
from ..models.score_model import ScoreModel
from ..models.temperature import T_COLD, T_HOT, eta_of_temperature
from ..ranges import FINITE, Range, shown
from .physical import EnergyGuidance, ForceGuidance, PhysicalGuidance
from .schedule import Strength, make_strength
from .temperature import ETA_RANGE, TemperatureGuidance, check_temperatures


@dataclass(frozen=True)
class GuidanceKind:
    """A kind of physical guidance.

    Attributes
    ----------
    label : str
        Name in menus.
    help : str
        Explanation for a tooltip.
    heads : tuple of str
        Heads of the score network that the kind uses; empty if it needs none.
    loader : callable
        Makes the physical guidance of a score model, usually its class.
    eta_range : tuple of float
        Range of the setting η.
    default_eta : float
        η when the user chooses the kind without giving one.
    evaluations : float
        Additional cost of a step, in evaluations of the score network.
    thermal : bool
        Whether the kind needs thermal networks instead of a head, and η stands for a temperature.
        Proteins have bundled networks of both sorts.
    """

    label: str
    help: str
    heads: tuple[str, ...]
    loader: Callable[[ScoreModel], PhysicalGuidance]
    eta_range: tuple[float, float] = (0.0, 5.0)
    default_eta: float = 1.0
    evaluations: float = 1.0
    thermal: bool = False


KINDS = {
    "temperature": GuidanceKind(
        "temperature",
        "The networks take the temperature as an input; η is the inverse temperature, 0 at "
        f"{T_HOT:g} K and 1 at {T_COLD:g} K. No additional cost.",
        (),
        TemperatureGuidance,
        eta_range=ETA_RANGE,
        default_eta=eta_of_temperature(350),
        evaluations=0.0,
        thermal=True,
    ),
    "force": GuidanceKind(
        "force",
        "A head predicts ∇E_t directly (force matching). Each estimate is one evaluation of the "
        "head.",
        ("gradient", "force"),
        ForceGuidance,
    ),
    "energy": GuidanceKind(
        "energy",
        "A head predicts E_t, which is differentiated (energy matching). Each estimate costs about "
        "three evaluations of the head.",
        ("energy",),
        EnergyGuidance,
        evaluations=3.0,
    ),
}
"""The kinds by name; the first one available is the default."""

NO_GUIDANCE = "none"
"""Name of the setting without physical guidance."""


def check_kind(kind: str) -> None:
    """Refuse a name that is neither a kind of physical guidance nor "none".

    Raises
    ------
    SettingsError
    """
    if kind not in (NO_GUIDANCE, *KINDS):
        *names, last = (NO_GUIDANCE, *KINDS)
        raise SettingsError(f"Unknown guidance {shown(kind)}; use {', '.join(names)} or {last}.")


def has_temperature(kind: str) -> bool:
    """Return whether η of a kind of guidance stands for a temperature."""
    return kind in KINDS and KINDS[kind].thermal


def check_eta(eta: Strength, kind: str) -> Strength:
    """Return η if it lies in the range of a kind of guidance.

    Without a kind, or for one that is not registered, any strength that fits 32-bit floats is
    accepted: the guidance passed to the run decides.

    Raises
    ------
    SettingsError
    """
    if kind not in KINDS:
        return make_strength(eta, "η", FINITE)
    if has_temperature(kind):
        eta = make_strength(eta, "η", FINITE)
        check_temperatures(eta)  # says which temperatures the values stand for
        return eta
    return make_strength(eta, "η", Range(*KINDS[kind].eta_range))


def physical_guidance(model: ScoreModel) -> PhysicalGuidance:
    """Return the physical guidance of a model's head.

    Raises
    ------
    SettingsError
        If the model has none.
    """
    kind = KINDS.get(kind_of_head(model.head), KINDS["force"])
    return kind.loader(model)


def kind_of_head(head: str | None) -> str:
    """Return the kind of guidance that uses a head of the score network."""
    return next((name for name, kind in KINDS.items() if head in kind.heads), "none")
