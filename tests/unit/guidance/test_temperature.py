"""Temperature guidance: both networks at the temperature of η, and refusals."""

import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import read_ensemble
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import ClassifierFreeGuidance, Schedule
from confdiff_widgets.guidance.guided_score import GuidedScore
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.representations import OneHot
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def thermal(tiny_network) -> ClassifierFreeGuidance:
    networks = [
        tiny_network(conditional=conditional, seed=seed, temperature=8)
        for conditional, seed in ((True, 1), (False, 2))
    ]
    return ClassifierFreeGuidance(
        ConfDiffModel(networks[0], OneHot()(SEQUENCE)), ConfDiffModel(networks[1])
    )


@pytest.fixture
def rigid(thermal):
    return thermal.process.prior(3, 10, generator=torch.Generator().manual_seed(0))


def test_both_networks_are_evaluated_at_the_temperature(thermal, rigid):
    guided = GuidedScore(thermal, TemperatureGuidance(thermal.conditional))
    found = guided(rigid, 0.4, 0.7, 0.5)
    expected = ClassifierFreeGuidance(thermal.conditional.at(0.5), thermal.unconditional.at(0.5))
    torch.testing.assert_close(found.score.trans, expected(rigid, 0.4, 0.7).score.trans)
    assert guided.networks(1.0, 0.5) == 1 and guided.networks(0.7, 0.5) == 2
    hot = guided(rigid, 0.4, 0.7, 0.0)
    torch.testing.assert_close(hot.score.rot, thermal(rigid, 0.4, 0.7).score.rot)
    assert not torch.allclose(hot.score.rot, found.score.rot)


def test_the_gradient_is_that_of_the_full_step_in_temperature(thermal, rigid):
    gradient = TemperatureGuidance(thermal.conditional)(rigid, 0.4)
    hot, cold = (thermal.at(eta)(rigid, 0.4, 1.0).score for eta in (0.0, 1.0))
    torch.testing.assert_close(gradient.trans, hot.trans - cold.trans)
    torch.testing.assert_close(gradient.rot, hot.rot - cold.rot)


def test_networks_of_one_temperature_are_refused(tiny_cfg, thermal):
    with pytest.raises(SettingsError, match="does not take a temperature"):
        TemperatureGuidance(tiny_cfg.conditional)
    with pytest.raises(SettingsError, match="does not take a temperature"):
        GuidedScore(tiny_cfg, TemperatureGuidance(thermal.conditional))


def test_the_temperature_is_an_alternative_to_eta(thermal):
    config = SamplerConfig(samples=2, steps=3, temperature=360)
    assert config.guidance == "temperature"
    assert config.eta == pytest.approx(0.5) and config.kelvin == pytest.approx(360)
    assert SamplerConfig(**config.to_dict()) == config
    run = Run(thermal, SEQUENCE, config, physical=TemperatureGuidance(thermal.conditional))
    for _ in run:
        pass
    assert run.etas == [pytest.approx(0.5)] * 3 and run.evaluations == 3
    assert run.kelvin == 360


def test_ensembles_state_their_temperature(thermal, tiny_cfg, tmp_path):
    physical = TemperatureGuidance(thermal.conditional)
    config = SamplerConfig(samples=2, steps=2, temperature=310)
    run = Run(thermal, SEQUENCE, config, physical=physical)
    run.step()
    assert run.ensemble().settings["temperature_k"] == run.kelvin == 310
    run.ensemble().save(tmp_path / "cold.npz")
    assert read_ensemble(tmp_path / "cold.npz").temperature == 310
    run.eta = 0.2
    run.step()
    assert run.ensemble().settings["temperature_k"] is None  # it varied
    unguided = Run(thermal, SEQUENCE, SamplerConfig(samples=2, steps=2))
    assert unguided.kelvin == 450
    assert Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=2, steps=2)).kelvin is None
    np.savez(tmp_path / "own.npz", ca=np.zeros((2, 1, 3)), sequence="A", settings="[1]")
    assert read_ensemble(tmp_path / "own.npz").temperature is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 335, "eta": 0.5}, r"Both η and a temperature \(335 K\) are given"),
        ({"temperature": 335, "guidance": "force"}, "does not apply to force guidance"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": 600}, "is 600 K. Temperature guidance covers 281 to 474 K"),
        ({"temperature": 200}, "is 200 K"),
        ({"temperature": 280}, "is 280 K"),
        ({"temperature": 475}, "is 475 K"),
        ({"guidance": "temperature", "eta": -3.0}, "is no temperature"),
        ({"guidance": "temperature", "eta": Schedule(1.5)}, r"η = 1\.5 is 257\.1 K"),
    ],
)
def test_temperatures_that_do_not_exist_are_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        SamplerConfig(**settings)


@pytest.mark.parametrize("kelvin", [281, 300, 450, 474])
def test_the_ends_of_the_range_are_accepted(kelvin):
    assert SamplerConfig(temperature=kelvin).kelvin == pytest.approx(kelvin)


def test_weights_need_gamma_of_1(thermal):
    physical = TemperatureGuidance(thermal.conditional)
    with pytest.raises(SettingsError, match=r"resample does not work .* at γ = 0\.8\. Set γ to 1"):
        SamplerConfig(samples=4, steps=4, temperature=350, gamma=0.8, resample=0.5)
    unnamed = SamplerConfig(samples=4, steps=4, gamma=0.8, eta=0.5, resample=0.5)
    with pytest.raises(SettingsError, match=r"resample does not work .* at γ = 0\.8\. Set γ to 1"):
        Run(thermal, SEQUENCE, unnamed, physical=physical)
    config = SamplerConfig(samples=4, steps=4, temperature=350, resample=0.5)
    run = Run(thermal, SEQUENCE, config, physical=physical)
    with pytest.raises(SettingsError, match=r"resample does not work .* at γ = 0\.8\. Set γ to 1"):
        run.gamma = 0.8
    run = Run(thermal, SEQUENCE, config, physical=physical)
    for state in run:
        assert state.ess == pytest.approx(4)


@pytest.mark.parametrize("name", ["gamma", "eta"])
def test_no_temperature_is_stored_if_a_parameter_changed(thermal, name):
    physical = TemperatureGuidance(thermal.conditional)
    run = Run(
        thermal, SEQUENCE, SamplerConfig(samples=2, steps=3, temperature=350), physical=physical
    )
    run.step()
    assert run.kelvin == 350
    setattr(run, name, 0.6)
    run.step()
    assert run.kelvin is None and run.ensemble().settings["temperature_k"] is None
