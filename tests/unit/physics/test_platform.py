"""Choosing a platform, and running without OpenMM."""

from __future__ import annotations

import subprocess
import sys

import openmm
import pytest

from confdiff_widgets.physics import EnergyPool, OpenMMMissingError, choose_platform


def test_auto_chooses_a_working_platform():
    assert choose_platform("auto")[0] in ("CPU", "CUDA")
    assert choose_platform("auto")[1] is None
    assert choose_platform("Reference") == ("Reference", None)


def test_a_platform_without_a_device_falls_back_with_a_notice(monkeypatch):
    def context(system, integrator, platform):
        if platform.getName() != "CPU":
            raise openmm.OpenMMException("No compatible device")

    monkeypatch.setattr(openmm, "Context", context)
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
    with pytest.raises(OpenMMMissingError, match=r"pip install 'confdiff-widgets\[physics\]'"):
        EnergyPool("YYY", on_result=print)


def test_import_loads_neither_openmm_nor_torch():
    """Worker processes import the package."""
    script = (
        "import sys, confdiff_widgets.physics\n"
        "sys.exit(str({'openmm', 'torch', 'mdtraj'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == ""
