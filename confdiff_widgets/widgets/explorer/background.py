"""The reference behind a run on the TIC plane: its free energy at the temperature of the run."""

from __future__ import annotations

from dataclasses import dataclass

from ...analysis.free_energy import FreeEnergy
from ...guidance.registry import NO_GUIDANCE
from ...guidance.sampled_temperature import SampledTemperature, unguided_temperature
from ...live.branch import Branch
from ...proteins import Reference
from ...proteins.system import System


@dataclass(frozen=True, eq=False)
class Background:
    """Free energy of the reference that a run is compared with.

    Attributes
    ----------
    surface : FreeEnergy or None
        None if there is nothing to compare the run with.
    title : str
        What is shown, or why nothing is.
    note : str
        The effective number of frames, or why there is a fallback or no comparison.
    """

    surface: FreeEnergy | None
    title: str
    note: str = ""


def compared_temperature(system: System, branch: Branch) -> SampledTemperature | None:
    """Return the temperature at which a run is compared; None for that of the reference.

    Without guidance, thermal networks are evaluated at η = 0.
    """
    if branch.config.guidance != NO_GUIDANCE or not system.thermal_without_guidance:
        return branch.temperature
    used = branch.used_parameters() or [branch.parameters]
    return unguided_temperature(used)


def background_at(system: System, temperature: SampledTemperature | None) -> Background:
    """Return the free energy of the reference at the temperature of a run.

    Outside of the temperatures of the reference, the nearest one is shown and announced.

    Parameters
    ----------
    system : System
    temperature : SampledTemperature or None
        None compares the run with the default temperature of the reference.
    """
    reference = system.reference
    if reference is None:
        title = "There is no reference ensemble of this sequence: no TICs"
        return Background(None, title, system.caution)
    if temperature is None:
        return _at(reference, reference.temperature)
    kelvin = temperature.kelvin
    if kelvin is None:
        return Background(
            None,
            "No MD comparison: varied temperature",
            f"No single temperature: {temperature.reason}. So no MD ensemble is comparable.",
        )
    if reference.covers(kelvin):
        return _at(reference, kelvin)
    nearest = float(min(reference.ladder[[0, -1]], key=lambda end: abs(end - kelvin)))
    return _at(
        reference,
        nearest,
        f"The run is at {kelvin:.0f} K. The reference covers {reference.ladder[0]:.0f} to "
        f"{reference.ladder[-1]:.0f} K, so its nearest temperature is shown. ",
        f" (run at {kelvin:.0f} K)",
    )


def _at(reference: Reference, kelvin: float, note: str = "", fallback: str = "") -> Background:
    surface = reference.free_energy_at(kelvin)
    frames = f"{surface.n_frames:,}".replace(",", "\u202f")
    title = f"MD free energy at {kelvin:.0f} K{fallback or f', {frames} eff. frames'}"
    weighted = (
        f"The MD frames of all temperatures are weighted for {kelvin:.0f} K (MBAR). Their "
        f"effective number is {frames}."
    )
    return Background(surface, title, note + weighted)
