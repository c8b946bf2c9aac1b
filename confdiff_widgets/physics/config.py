"""Settings of the energy calculation, and the errors of this package."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import SettingsError, UserError


class PhysicsError(UserError, ValueError):
    """A protein or conformer whose energy cannot be computed."""


class OpenMMMissingError(UserError):
    """OpenMM is missing from the installation."""


@dataclass(frozen=True)
class EnergyConfig:
    """Settings of the energy calculation.

    Predicted structures have small clashes that raise the raw energy by thousands of kcal/mol. The
    restrained minimisation removes them without changing the conformation.

    Attributes
    ----------
    force_field : tuple of str
        OpenMM force-field files. Default: Amber ff14SB with GBn2 implicit solvent.
    platform : str
        "CPU", "CUDA", "OpenCL", "Reference" or "auto" (CUDA if it works, otherwise CPU).
    minimise : bool
        Minimise before the energy is computed, with the heavy atoms restrained to their initial
        positions. Reported energies and forces never include the restraint.
    restraint : float
        Spring constant k of the restraint ½ k d², kcal/mol/Å².
    iterations : int
        Maximum number of iterations of each stage of the minimisation (without and with solvent).
    """

    force_field: tuple[str, ...] = ("amber14/protein.ff14SB.xml", "implicit/gbn2.xml")
    platform: str = "auto"
    minimise: bool = True
    restraint: float = 10.0
    iterations: int = 200

    def __post_init__(self) -> None:
        if not (math.isfinite(self.restraint) and self.restraint >= 0):
            raise SettingsError(
                f"The restraint is {self.restraint}. Give a spring constant of 0 kcal/mol/Å² or "
                "more, for example 10."
            )
        if self.iterations < 1:
            raise SettingsError(
                f"The number of iterations is {self.iterations}. Give 1 or more, or use "
                "minimise=False."
            )
