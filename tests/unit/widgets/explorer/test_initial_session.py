"""The first session, from the arguments of the Explorer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.widgets.explorer.initial_session import first_session


@pytest.fixture
def first(system):
    """Creates first sessions, with the defaults of the Explorer."""
    made = []

    def make(system=system, structure=None, fix=None, seed=None, **settings):
        made.append(
            first_session(
                system, structure=structure, fix=fix, seed=seed, device="cpu", folder=None,
                settings={"samples": 2, "steps": 2, **settings},
            )
        )  # fmt: skip
        return made[-1]

    yield make
    for session in made:
        session.close()


def test_residues_of_the_folded_structure_or_of_a_file(first, data_dir):
    session = first(fix="3-7", seed=4)
    assert (session.start.name, session.start.fixed) == ("folded structure, 5AWL", "3-7")
    assert session.current.start is session.start and session.seed_locked
    session = first(structure=data_dir / "chignolin_heavy.pdb", fix="1,4-5")
    assert (session.start.name, session.start.fixed) == ("chignolin_heavy.pdb", "1,4-5")
    session = first(structure=data_dir / "chignolin_heavy.pdb")
    assert session.current.start is None, "available but not used"


def test_an_unconditional_network_starts_at_gamma_0(first, tiny_cfg, system, monkeypatch):
    monkeypatch.setattr(type(system), "guidance_unavailable", lambda self, kind: "no head")
    free = replace(system, model="own", tiny=ClassifierFreeGuidance(None, tiny_cfg.unconditional))
    assert first(free).config.gamma == 0
    assert first().config.gamma == 1
    assert first(gamma=0.5).config.gamma == 0.5


def test_guidance_is_on_by_default_if_there_is_a_head(first, monkeypatch, system):
    assert (first().config.guidance, first().config.eta) == ("force", 0.0)
    assert first(guidance="none").config.guidance == "none"
    monkeypatch.setattr(type(system), "guidance_unavailable", lambda self, kind: "no such head")
    assert first().config.guidance == "none"


def test_refused_arguments(first, without_reference):
    with pytest.raises(SettingsError, match="8-12 do not all exist"):
        first(fix="8-12")
    with pytest.raises(SettingsError, match="Give a structure= to keep residues 3-7 fixed"):
        first(without_reference, fix="3-7")
    with pytest.raises(SettingsError, match="Give a structure= to start from"):
        first(without_reference, t_start=0.3)
