"""Settings of the energy, and what can be wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import SettingsError, UserError


class PhysicsError(UserError, ValueError):
    """A protein or a conformer that the force field cannot describe."""


class OpenMMMissingError(UserError):
    """The physics extra is not installed."""


@dataclass(frozen=True)
class EnergyConfig:
    """How energies are computed.

    Freshly predicted structures have small clashes that raise the raw energy by thousands of
    kcal/mol; the restrained minimisation takes them away and leaves the conformation where it is.

    Attributes
    ----------
    force_field : tuple of str
        OpenMM force-field files; the default is Amber ff14SB with GBn2 implicit solvent.
    platform : str
        "CPU", "CUDA", "OpenCL", "Reference", or "auto": CUDA if it works, else CPU.
    minimise : bool
        Minimise before the energy is taken, with heavy atoms restrained to where they were. The
        restraint is never part of an energy or a force that is reported.
    restraint : float
        Spring constant k of the restraint ½ k d², kcal/mol/Å².
    iterations : int
        Limit of each of the minimisation's two stages, without and with solvent.
    """

    force_field: tuple[str, ...] = ("amber14/protein.ff14SB.xml", "implicit/gbn2.xml")
    platform: str = "auto"
    minimise: bool = True
    restraint: float = 10.0
    iterations: int = 200

    def __post_init__(self) -> None:
        if not (math.isfinite(self.restraint) and self.restraint >= 0):
            raise SettingsError(
                f"The restraint is {self.restraint}: give 0 or more kcal/mol/Å², e.g. 10."
            )
        if self.iterations < 1:
            raise SettingsError(
                f"{self.iterations} iterations do nothing: give 1 or more, or minimise=False."
            )
