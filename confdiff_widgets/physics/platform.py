"""Import OpenMM and choose the platform it computes on."""

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
"""Platform properties. A worker uses one thread: several conformers in parallel are faster than one
conformer on several threads."""


def import_openmm() -> ModuleType:
    """Return the ``openmm`` module.

    Raises
    ------
    OpenMMMissingError
        If OpenMM is not installed.
    """
    try:
        import openmm
    except ImportError as error:
        raise OpenMMMissingError(
            "Energies need OpenMM, which is not installed. Install it with "
            "`pip install 'confdiff-widgets[physics]'`."
        ) from error
    return openmm


def choose_platform(name: str) -> tuple[str, str | None]:
    """Return a working platform, and a notice if it is not the requested one.

    Raises
    ------
    SettingsError
        If the name is not that of a platform.
    OpenMMMissingError
        If OpenMM is not installed.
    """
    if name == "auto":
        return ("CUDA" if _works("CUDA") else "CPU"), None
    if name not in PLATFORMS:
        raise SettingsError(f"Unknown platform {name!r}. Use {', '.join(PLATFORMS)} or auto.")
    if _works(name):
        return name, None
    return "CPU", f"OpenMM cannot use the requested platform {name} on this machine; using CPU."


def _works(name: str) -> bool:
    """Return whether a platform can compute; OpenMM also lists platforms without a device."""
    openmm = import_openmm()
    system = openmm.System()
    system.addParticle(1.0)
    try:
        platform = openmm.Platform.getPlatformByName(name)
        openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    except openmm.OpenMMException:
        return False
    return True
