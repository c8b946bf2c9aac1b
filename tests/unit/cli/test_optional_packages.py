"""Commands check the packages that they need before they compute."""

from __future__ import annotations

import sys

import pytest

from confdiff_widgets.ensembles import Ensemble

QUICK = ("-n", 2, "--steps", 2)


@pytest.fixture
def no_computation(monkeypatch):
    """Fail the test if a command starts to compute."""

    def computed(*_, **__):
        raise AssertionError("computed before the packages were checked")

    for name in ("sampling.Run", "physics.pool.EnergyPool.submit", "sweep.local_cluster",
                 "training.trainer.Trainer", "representations.cached.remember"):  # fmt: skip
        monkeypatch.setattr(f"confdiff_widgets.{name}", computed)


@pytest.mark.parametrize(
    ("package", "install", "arguments"),
    [
        ("openmm", "pip install openmm", ("sample", "chignolin", *QUICK, "--minimise")),
        ("openmm", "pip install openmm", ("sample", "chignolin", *QUICK, "--hydrogens")),
        ("openmm", "pip install openmm", ("sample", "chignolin", *QUICK, "--out", "c.cif")),
        ("openmm", "pip install openmm", ("label", "two.npz")),
        ("openmm", "pip install openmm", ("md", "GASPK")),
        ("distributed", "[cluster]", ("sweep", "chignolin", "--gamma", "0,1", *QUICK)),
        ("pyarrow", "[cluster]", ("sweep", "chignolin", "--gamma", "0,1", *QUICK)),
        ("lightning_fabric", "[train]", ("train", "two.npz", "--out", "run")),
        ("esm", "[esm]", ("represent", "YYDPETGTWY", "--as", "esm2-8M")),
        ("transformers", "[esm]", ("represent", "YYDPETGTWY", "--as", "esmfold-r3")),
    ],
)
def test_missing_packages_are_reported_first(
    refused, no_computation, chignolin_heavy, monkeypatch, package, install, arguments
):
    Ensemble(chignolin_heavy.atom14.positions[:2], "YYDPETGTWY").save("two.npz")
    monkeypatch.setitem(sys.modules, package, None)
    message = refused(*arguments)
    assert "not installed" in message or "needs Lightning Fabric" in message
    assert install in message
