"""The registry of guidance kinds: names, ranges, heads and refusals."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import EnergyGuidance, ForceGuidance, Schedule
from confdiff_widgets.guidance.registry import (
    KINDS,
    check_eta,
    check_kind,
    has_temperature,
    kind_of_head,
    physical_guidance,
)
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.representations import OneHot

SEQUENCE = "YYDPETGTWY"


def test_every_kind_has_texts_and_its_default_is_in_its_range():
    for name, kind in KINDS.items():
        assert kind.label and kind.help.endswith("."), name
        check_kind(name)
        assert check_eta(kind.default_eta, name) == kind.default_eta
        assert kind.thermal == has_temperature(name)


def test_no_two_kinds_use_the_same_head():
    heads = [head for kind in KINDS.values() for head in kind.heads]
    assert len(set(heads)) == len(heads)
    assert kind_of_head("gradient") == kind_of_head("force") == "force"
    assert kind_of_head("energy") == "energy"
    assert kind_of_head(None) == "none"


@pytest.mark.parametrize(
    ("head", "expected"), [("gradient", ForceGuidance), ("energy", EnergyGuidance)]
)
def test_a_head_gets_the_guidance_of_its_kind(tiny_network, head, expected):
    network = tiny_network(conditional=True, seed=1, head=head)
    assert isinstance(physical_guidance(ConfDiffModel(network, OneHot()(SEQUENCE))), expected)


def test_networks_without_a_head_are_refused(tiny_network):
    network = tiny_network(conditional=True, seed=1)
    with pytest.raises(SettingsError, match="has no guidance head; force guidance needs another"):
        physical_guidance(ConfDiffModel(network, OneHot()(SEQUENCE)))


def test_unknown_names_and_strengths_out_of_range_are_refused():
    with pytest.raises(SettingsError, match="Unknown guidance 'pull'; use none, temperature, for"):
        check_kind("pull")
    with pytest.raises(SettingsError, match="Give a number from 0 to 5"):
        check_eta(6.0, "force")
    with pytest.raises(SettingsError, match="covers 281 to 474 K"):
        check_eta(2.0, "temperature")
    with pytest.raises(SettingsError, match="Give a number from 0 to 5"):
        check_eta(Schedule(7.0, start=0.5, stop=0.1), "energy")
    assert check_eta(1e3, "none") == 1e3  # the guidance passed to the run decides
