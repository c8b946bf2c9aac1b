"""Fixtures for sessions of a protein with networks that are small enough for a test."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from confdiff_widgets import proteins
from confdiff_widgets.guidance import (
    ClassifierFreeGuidance,
    EnergyGuidance,
    ForceGuidance,
    PhysicalGuidance,
)
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.live import Session, Status
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.proteins.system import System
from confdiff_widgets.representations import OneHot
from confdiff_widgets.sampling import SamplerConfig

from .waiting import wait_for

IDLE = (Status.READY, Status.PAUSED, Status.FINISHED, Status.FAILED)


@dataclass(frozen=True)
class TinySystem(System):
    """Chignolin with networks small enough for a test."""

    tiny: ClassifierFreeGuidance | None = None
    heads: dict[str, PhysicalGuidance] | None = None

    transferable = False

    def load_networks(self, device, guidance="none"):
        return self.tiny

    def load_physical(self, guidance, device):
        return None if guidance == "none" else self.heads[guidance]


@pytest.fixture
def system(tiny_cfg, tiny_network) -> System:
    chignolin = proteins.get("chignolin")
    features = OneHot()(chignolin.sequence)
    force, energy = (
        tiny_network(conditional=True, seed=seed, head=kind)
        for seed, kind in ((3, "gradient"), (4, "energy"))
    )
    heads = {
        "force": ForceGuidance(ConfDiffModel(force, features)),
        "energy": EnergyGuidance(ConfDiffModel(energy, features)),
    }
    return TinySystem(chignolin.sequence, chignolin, tiny=tiny_cfg, heads=heads)


@pytest.fixture
def thermal_system(tiny_network) -> System:
    """Chignolin with networks that take the temperature as an input."""
    chignolin = proteins.get("chignolin")
    networks = [
        tiny_network(conditional=conditional, seed=seed, temperature=8)
        for conditional, seed in ((True, 1), (False, 2))
    ]
    conditional = ConfDiffModel(networks[0], OneHot()(chignolin.sequence))
    cfg = ClassifierFreeGuidance(conditional, ConfDiffModel(networks[1]))
    heads = {"temperature": TemperatureGuidance(conditional)}
    return TinySystem(chignolin.sequence, chignolin, tiny=cfg, heads=heads)


@pytest.fixture
def make_session(system, tmp_path):
    """Return a function that makes sessions, which save below the test's folder, without OpenMM."""
    made = []

    def make(system=system, folder=tmp_path / "runs", start=None, **settings):
        config = SamplerConfig(**{"samples": 3, "steps": 6, "seed": 5, **settings})
        session = Session(system, config, folder=folder, start=start)
        session.energies.enabled = False
        session.player.wait(*IDLE)
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()


@pytest.fixture
def without_reference(system):
    return replace(system, protein=None)


def play(session):
    """Play a session to its end, and wait until all its steps are measured."""
    session.play()
    assert session.player.wait(Status.FINISHED), session.player.error
    wait_for(lambda: len(session.current.frames) == session.current.steps + 1)


def positions(branch, step):
    """Return the backbone of a step, (B, L, 4, 3)."""
    return branch.frames[step].noisy
