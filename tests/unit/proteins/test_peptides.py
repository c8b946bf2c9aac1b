"""The transferable model: which sequences it covers, and what it says about them."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.residues import LETTERS
from confdiff_widgets.models.temperature import temperature_of_eta
from confdiff_widgets.proteins import peptides
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig


@pytest.mark.parametrize("sequence", ["GASP", "WWWWCCCCHHHH", "GYDPETGTWG"])
def test_a_peptide_has_both_networks_and_a_temperature(sequence):
    system = load_system(sequence)
    assert system.transferable and system.protein is None and system.reference is None
    assert system.guidance_kinds == ("temperature",)
    assert system.sampling_guidance == "temperature" and system.gamma_fixed_reason == ""
    assert temperature_of_eta(system.default_eta("temperature")) == pytest.approx(300)
    assert system.model_name.startswith("transferable model · ")
    assert not system.network_sources


@pytest.mark.parametrize("sequence", ["YYDPETGTWY", "DAYAQWLADGGPSSGRPPPS"])
def test_bundled_proteins_have_their_own_networks(sequence):
    assert not load_system(sequence).transferable


@pytest.mark.parametrize("length", [13, 50])
def test_other_lengths_are_refused_with_the_range(length):
    with pytest.raises(SettingsError, match=rf"of {length} residues.* peptides of 4 to 12 "):
        load_system("A" * length)


def test_the_temperature_and_gamma_change_the_ensemble():
    system = load_system("GASPK")
    cfg, physical = (
        system.load_networks(guidance="temperature"),
        system.load_physical("temperature"),
    )
    ensembles = []
    for settings in ({"temperature": 300}, {"temperature": 450}, {"temperature": 300, "gamma": 0}):
        config = SamplerConfig(samples=4, steps=4, seed=1, **settings)
        run = Run(cfg, system.sequence, config, physical=physical)
        for _ in run:
            pass
        ensembles.append(run.ensemble().ca)
    assert ensembles[0].shape == (4, 5, 3)
    assert abs(ensembles[0] - ensembles[1]).max() > 0.01
    assert abs(ensembles[0] - ensembles[2]).max() > 0.01


def test_without_guidance_the_networks_are_those_of_the_highest_temperature():
    system = load_system("GASPK")
    assert system.thermal_without_guidance
    assert system.load_networks().thermal


def test_what_is_said_about_a_peptide():
    trained = peptides.training_peptides()
    assert len(trained) >= 30 and len(set(trained)) == len(trained)
    assert all(
        peptides.is_peptide(sequence) and set(sequence) <= set(LETTERS) for sequence in trained
    )
    assert peptides.caution(trained[0]) == "The networks were trained on this peptide."
    assert "prediction" in peptides.caution("GASPK") and "Few" not in peptides.caution("GASPK")
    assert "Few training peptides have 10 to 12 residues" in peptides.caution("GYDPETGTWG")
    long = sum(len(sequence) >= 10 for sequence in trained)
    assert (
        f"{len(trained) - long} peptides of 4–9, {long} of 10–12 residues" in peptides.model_title()
    )
