"""η as a normalised inverse temperature, and thermal networks."""

from dataclasses import replace

import pytest
import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.models.network_file import load_network, save_network
from confdiff_widgets.models.temperature import (
    eta_of_temperature,
    exact_temperature,
    temperature_of_eta,
)


@pytest.mark.parametrize(
    ("kelvin", "eta"),
    [(450, 0.0), (400, 0.25), (360, 0.5), (350, 0.571), (340, 0.647), (327, 0.75), (300, 1.0)],
)
def test_table_of_temperatures(kelvin, eta):
    assert eta_of_temperature(float(kelvin)) == pytest.approx(eta, abs=3e-3)
    assert temperature_of_eta(eta_of_temperature(float(kelvin))) == pytest.approx(kelvin)


@pytest.mark.parametrize("kelvin", [281.0, 300.0, 335.0, 335.5, 340.25, 450.0, 474.0])
def test_the_temperature_of_an_eta_is_found_again(kelvin):
    assert exact_temperature(eta_of_temperature(kelvin)) == kelvin


def test_a_temperature_that_would_change_eta_is_not_returned():
    for eta in (-0.1, 0.1, 0.65, 1 / 3, 1.2):
        kelvin = exact_temperature(eta)
        assert kelvin is None or eta_of_temperature(kelvin) == eta


@pytest.fixture
def rigid(tiny_network):
    generator = torch.Generator().manual_seed(4)
    quat = torch.randn(2, 10, 4, generator=generator)
    return Rigid(quat / quat.norm(dim=-1, keepdim=True), torch.randn(2, 10, 3, generator=generator))


def positions(network, rigid, eta):
    return ConfDiffModel(network).at(eta)(rigid, 0.3).frames.trans


def test_a_new_thermal_network_does_not_depend_on_the_temperature(tiny_network, rigid):
    plain = tiny_network(conditional=False, seed=1)
    thermal = ScoreNetwork(replace(plain.config, temperature=8)).eval()
    thermal.load_state_dict(plain.state_dict(), strict=False)
    for eta in (0.0, 1.0):
        torch.testing.assert_close(positions(thermal, rigid, eta), positions(plain, rigid, 0.0))


def test_temperatures_are_interpolated_smoothly(tiny_network, rigid):
    network = tiny_network(conditional=False, seed=1, temperature=8)
    cold, warm, between, hot = (positions(network, rigid, eta) for eta in (1.0, 0.52, 0.5, 0.0))
    assert (cold - hot).abs().max() > 1e-3
    assert (warm - between).norm() < 0.15 * (cold - hot).norm()


def test_a_thermal_network_needs_a_temperature(tiny_network, rigid):
    network = tiny_network(conditional=False, seed=1, temperature=8)
    with pytest.raises(ValueError, match="needs a temperature; none was given"):
        network(rigid, torch.full((2,), 0.3))


def test_files_store_the_forward_process(tmp_path, tiny_network):
    network = tiny_network(conditional=False, seed=1, temperature=8, sigma_min=0.02, t_min=0.003)
    path = tmp_path / "network.safetensors"
    save_network(path, network.config, network.state_dict(), representation=None)
    model = ConfDiffModel(load_network(path)[0])
    assert model.thermal and model.t_min == 0.003
    assert model.process.so3.sigma(0.0) == pytest.approx(0.02)
