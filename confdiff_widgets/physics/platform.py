"""OpenMM itself, and the platform that it computes on."""

from __future__ import annotations

from types import ModuleType

from ..errors import SettingsError
from .config import OpenMMMissingError

PLATFORMS = ("CPU", "CUDA", "OpenCL", "Reference")

GPU_PLATFORMS = ("CUDA", "OpenCL")

PROPERTIES = {
    "CPU": {"Threads": "1"},
    "CUDA": {"Precision": "mixed"},
    "OpenCL": {},
    "Reference": {},
}
"""One thread a worker: many conformers at once beat many threads on one of them."""


def import_openmm() -> ModuleType:
    """The ``openmm`` module.

    Raises
    ------
    OpenMMMissingError
        If it is not installed.
    """
    try:
        import openmm
    except ImportError as error:
        raise OpenMMMissingError(
            "Energies need OpenMM: pip install 'confdiff-widgets[physics]'"
        ) from error
    return openmm


def choose_platform(name: str) -> tuple[str, str | None]:
    """A platform that works here, and a notice if it is not the one that was asked for.

    Raises
    ------
    SettingsError
        For a name that is not a platform.
    OpenMMMissingError
        If OpenMM is not installed.
    """
    if name == "auto":
        return ("CUDA" if _works("CUDA") else "CPU"), None
    if name not in PLATFORMS:
        raise SettingsError(f"Unknown platform {name!r}: use {', '.join(PLATFORMS)} or auto.")
    if _works(name):
        return name, None
    return "CPU", f"{name} was asked for, but OpenMM cannot use it here; using the CPU."


def _works(name: str) -> bool:
    """Whether a platform computes: OpenMM also lists platforms whose device is absent."""
    openmm = import_openmm()
    system = openmm.System()
    system.addParticle(1.0)
    try:
        platform = openmm.Platform.getPlatformByName(name)
        openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    except openmm.OpenMMException:
        return False
    return True
