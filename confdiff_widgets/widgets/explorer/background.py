"""The ensemble behind a run on the plane: its free energy at the temperature of the run.

It is the reference on its TICs, or the ensemble of the transferable model itself on its principal
components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...analysis.free_energy import FreeEnergy
from ...guidance.registry import NO_GUIDANCE
from ...guidance.sampled_temperature import SampledTemperature, unguided_temperature
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.own_ensemble import OwnEnsemble
from ...proteins.minimised_energies import EnergyBand
from ...proteins.reference import Reference, SimulatedReference
from ...proteins.system import System


@dataclass(frozen=True, eq=False)
class Background:
    """Free energy of the ensemble that a run is compared with.

    Attributes
    ----------
    surface : FreeEnergy or None
        None if there is nothing to compare the run with.
    title : str
        What is shown, or why nothing is.
    note : str
        The effective number of frames, or why there is a fallback or no comparison.
    axes : tuple of str
        Titles of the axes.
    energies : EnergyBand or None
        Minimised energies of the reference at the same temperature.
    """

    surface: FreeEnergy | None
    title: str
    note: str = ""
    axes: tuple[str, str] = ("TIC 1", "TIC 2")
    energies: EnergyBand | None = None


def coordinates(
    frame: Frame, own: OwnEnsemble | None, reference: SimulatedReference | None
) -> NDArray[np.floating] | None:
    """Return the place of the conformers of a frame on the plane, (B, 2).

    Frames of a compared sequence have no TICs of their own.
    """
    if own is not None:
        return own.coordinates(frame)
    if frame.tics is not None or reference is None or frame.predicted is None:
        return frame.tics
    return reference.tica.transform(frame.predicted[:, :, 1])[:, :2]


def compared_temperature(system: System, branch: Branch) -> SampledTemperature | None:
    """Return the temperature at which a run is compared; None for that of the reference.

    Without guidance, thermal networks are evaluated at η = 0.
    """
    if branch.config.guidance != NO_GUIDANCE or not system.thermal_without_guidance:
        return branch.temperature
    used = branch.used_parameters() or [branch.parameters]
    return unguided_temperature(used)


def background_at(
    system: System, temperature: SampledTemperature | None, own: OwnEnsemble | None = None
) -> Background:
    """Return the free energy of the reference, or of the model itself, at the temperature of a run.

    Outside of the temperatures of the reference, the nearest one is shown and announced.

    Parameters
    ----------
    system : System
    temperature : SampledTemperature or None
        None compares the run with the default temperature of the reference.
    own : OwnEnsemble, optional
        The ensemble of the model itself, for a sequence without a reference.
    """
    reference = system.reference
    if own is not None:
        return _own_background(system, temperature, own)
    if reference is None:
        title = "There is no reference ensemble of this sequence: no TICs"
        return Background(None, title, system.caution)
    if temperature is None:
        return _at(system, reference, reference.temperature)
    kelvin = temperature.kelvin
    if kelvin is None:
        return Background(
            None,
            "No MD comparison: varied temperature",
            f"No single temperature: {temperature.reason}. So no MD ensemble is comparable.",
        )
    if reference.covers(kelvin):
        return _at(system, reference, kelvin)
    nearest = float(min(reference.ladder[[0, -1]], key=lambda end: abs(end - kelvin)))
    return _at(
        system,
        reference,
        nearest,
        f"The run is at {kelvin:.0f} K. {_range(reference)}, so its nearest temperature is shown. ",
        f" (run at {kelvin:.0f} K)",
    )


def _range(reference: SimulatedReference) -> str:
    low, high = reference.ladder[[0, -1]]
    if len(reference.ladder) == 1:
        return f"The reference is at {low:.0f} K"
    return f"The reference covers {low:.0f} to {high:.0f} K"


def _at(
    system: System,
    reference: SimulatedReference,
    kelvin: float,
    note: str = "",
    fallback: str = "",
) -> Background:
    surface = reference.free_energy_at(kelvin)
    frames = f"{surface.n_frames:,}".replace(",", "\u202f")
    whose = "Your MD's" if reference.source else "MD"
    title = f"{whose} free energy at {kelvin:.0f} K{fallback or f', {frames} eff. frames'}"
    weighted = (
        f"The MD frames of all temperatures are weighted for {kelvin:.0f} K (MBAR). Their "
        f"effective number is {frames}."
        if len(reference.ladder) > 1
        else f"It has {frames} frames, all at {kelvin:.0f} K."
    )
    if reference.source:
        note = f"The reference is {reference.source}. {note}"
    return Background(surface, title, note + weighted, energies=_band(system, reference, kelvin))


def _band(system: System, reference: SimulatedReference, kelvin: float) -> EnergyBand | None:
    """Return the minimised energies of the bundled reference; other ones have none."""
    if system.protein is None or not isinstance(reference, Reference):
        return None
    return system.protein.minimised_energies().band(reference, kelvin)


def _own_background(
    system: System, temperature: SampledTemperature | None, own: OwnEnsemble
) -> Background:
    axes = ("PC 1", "PC 2")
    if own.failure:
        return Background(None, "No ensemble of the model", own.failure, axes)
    if temperature is None:
        return Background(None, "The model's own ensemble", axes=axes)
    kelvin = temperature.kelvin
    if kelvin is None:
        title = "No comparison: varied temperature"
        return Background(None, title, "The run has no single temperature.", axes)
    surface = own.surface(kelvin)
    if surface is None:
        title = f"Sampling the model's ensemble at {kelvin:.0f} K…"
        return Background(None, title, "It is sampled while no run is active.", axes)
    outside = own.samples - surface.n_frames
    note = (
        f"The shading is the free energy of {own.samples} conformers that the model itself sampled "
        "at γ = 1, on the principal components of the CA–CA distances of its first ensemble. "
        + (f"{outside} of them are outside of the grid. " if outside else "")
        + f"It is no reference: there are no divergences. {system.caution}"
    )
    return Background(surface, f"The model's own ensemble at {kelvin:.0f} K", note, axes)
