"""Import OpenMM and choose the platform it computes on."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import SettingsError
from .config import OpenMMMissingError

if TYPE_CHECKING:
    from openmm import Platform

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
            "`pip install openmm pdbfixer`."
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


def preparation_platform() -> Platform:
    """Return the platform on which molecules are built.

    OpenMM's own choice would be the fastest platform, which may be a GPU in use by other processes
    or an OpenCL runtime that ends the process.
    """
    return import_openmm().Platform.getPlatformByName("CPU" if _works("CPU") else "Reference")


def _works(name: str) -> bool:
    """Return whether a platform can minimise; OpenMM also lists platforms without a device."""
    if name != "OpenCL":
        return minimises(name)
    # some OpenCL runtimes crash, and would end this process
    probe = f"from {__name__} import minimises; raise SystemExit(not minimises({name!r}))"
    return subprocess.run([sys.executable, "-c", probe], capture_output=True).returncode == 0


def minimises(name: str) -> bool:
    """Minimise two bonded particles on a platform, and return whether OpenMM could do it."""
    openmm = import_openmm()
    system, bond = openmm.System(), openmm.HarmonicBondForce()
    for _ in range(2):
        system.addParticle(1.0)
    bond.addBond(0, 1, 0.1, 1000.0)
    system.addForce(bond)
    try:
        platform = openmm.Platform.getPlatformByName(name)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
        context.setPositions([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0]])
        openmm.LocalEnergyMinimizer.minimize(context)
    except openmm.OpenMMException:
        return False
    return True
