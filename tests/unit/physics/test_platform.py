"""Choosing a platform, and running without OpenMM."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openmm
import pytest

from confdiff_widgets.physics import EnergyPool, OpenMMMissingError, choose_platform


def test_auto_chooses_a_working_platform():
    assert choose_platform("auto")[0] in ("CPU", "CUDA")
    assert choose_platform("auto")[1] is None
    assert choose_platform("Reference") == ("Reference", None)


def test_a_platform_without_a_device_falls_back_with_a_notice(monkeypatch):
    class Context(openmm.Context):
        def __init__(self, system, integrator, platform):
            if platform.getName() != "CPU":
                raise openmm.OpenMMException("No compatible device")
            super().__init__(system, integrator, platform)

    monkeypatch.setattr(openmm, "Context", Context)
    name, notice = choose_platform("Reference")
    assert name == "CPU"
    assert "requested platform Reference" in notice


def test_a_platform_that_openmm_lacks_falls_back_with_a_notice(monkeypatch):
    def missing(name):
        raise openmm.OpenMMException(f'There is no registered Platform called "{name}"')

    monkeypatch.setattr(openmm.Platform, "getPlatformByName", missing)
    assert choose_platform("CUDA") == (
        "CPU",
        "OpenMM cannot use the requested platform CUDA on this machine; using CPU.",
    )
    assert choose_platform("auto") == ("CPU", None)


def test_without_openmm(monkeypatch):
    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(OpenMMMissingError, match="pip install openmm pdbfixer"):
        EnergyPool("YYY", on_result=print)


def test_import_loads_neither_openmm_nor_torch():
    """Worker processes import the package."""
    script = (
        "import sys, confdiff_widgets.physics\n"
        "sys.exit(str({'openmm', 'torch', 'mdtraj'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == ""


WITH_OPENCL = """
import openmm, torch
from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.physics import EnergyConfig
from confdiff_widgets.physics.all_atom import add_hydrogens
from confdiff_widgets.ensembles import load_atom14

found = [openmm.Platform.getPlatform(i) for i in range(openmm.Platform.getNumPlatforms())]
fastest = max(found, key=lambda platform: platform.getSpeed()).getName()
print(fastest)
conformers = load_atom14({path!r})
ensemble = Ensemble(conformers.positions[:1], conformers.sequence)
for platform in ("auto", "OpenCL"):
    completed = add_hydrogens(ensemble, minimise=True, config=EnergyConfig(platform=platform))
    print(completed.trajectory.n_atoms, completed.failed)
"""


def installed_pocl(folder: Path) -> dict[str, str]:
    """Return an environment in which OpenCL finds PoCL and no other runtime, or skip the test."""
    listed = Path(os.environ["CONFDIFF_TEST_ICD"])
    files = [*listed.glob("*pocl*.icd")] if listed.is_dir() else []
    if not files:
        pytest.skip(f"PoCL is not installed: {listed} contains no pocl.icd")
    (folder / "pocl.icd").write_text(files[0].read_text())
    return {**os.environ, "OCL_ICD_VENDORS": str(folder)}


def test_an_opencl_runtime_that_crashes_is_not_used(data_dir, tmp_path):
    """PoCL ends a process in which OpenMM minimises with it."""
    environment = installed_pocl(tmp_path)
    script = WITH_OPENCL.format(path=str(data_dir / "chignolin_heavy.pdb"))
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    if not done.returncode and "OpenCL" not in done.stdout:
        pytest.skip("OpenMM finds no OpenCL platform, for example because libOpenCL is missing")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["OpenCL", "166 ()", "166 ()"]


def test_molecules_are_built_on_the_cpu(monkeypatch):
    """Modeller would use the fastest platform, whatever it is."""
    from confdiff_widgets.physics import EnergyConfig, make_molecule

    used = []
    context = openmm.Context.__init__

    def listen(self, system, integrator, *platform):
        used.append(platform[0].getName() if platform else "chosen by OpenMM")
        context(self, system, integrator, *platform)

    monkeypatch.setattr(openmm.Context, "__init__", listen)
    make_molecule.__wrapped__("GAG", EnergyConfig().force_field)
    assert used and set(used) <= {"CPU", "Reference"}
