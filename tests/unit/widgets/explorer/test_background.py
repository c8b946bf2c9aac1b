"""The free energy behind a run: at its temperature, at the nearest one, or none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from confdiff_widgets.guidance.sampled_temperature import SampledTemperature
from confdiff_widgets.guidance.schedule import Schedule
from confdiff_widgets.live import own_ensemble
from confdiff_widgets.models.temperature import eta_of_temperature
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.widgets.explorer.background import background_at, compared_temperature
from confdiff_widgets.widgets.explorer.captions import about_plane
from confdiff_widgets.widgets.explorer.plots import Plots
from confdiff_widgets.widgets.explorer.snapshot import snapshot_page

from ...sessions import play
from ...waiting import wait_for


def test_the_free_energy_is_that_of_the_temperature(system):
    found = background_at(system, SampledTemperature(320.0))
    assert found.surface.temperature_k == 320
    np.testing.assert_array_equal(
        found.surface.values, system.reference.free_energy_at(320.0).values
    )
    frames = f"{found.surface.n_frames:,}".replace(",", "\u202f")
    assert found.title == f"MD free energy at 320 K, {frames} eff. frames"
    assert f"Their effective number is {frames}." in found.note
    assert found.note in about_plane(system, found, [])


@pytest.mark.parametrize(("kelvin", "nearest"), [(281.0, 300), (474.0, 450)])
def test_outside_of_the_reference_the_nearest_temperature_is_announced(system, kelvin, nearest):
    found = background_at(system, SampledTemperature(kelvin))
    assert found.surface.temperature_k == pytest.approx(nearest, abs=0.5)
    assert found.title == f"MD free energy at {nearest} K (run at {kelvin:.0f} K)"
    assert "300 to 450 K, so its nearest temperature is shown" in found.note


def test_a_varied_temperature_is_compared_with_nothing(system):
    found = background_at(system, SampledTemperature(None, reason="η depends on t"))
    assert found.surface is None
    assert found.title == "No MD comparison: varied temperature"
    assert found.note.startswith("No single temperature: η depends on t.")


def test_without_a_temperature_the_reference_has_its_default_one(system):
    assert background_at(system, None).surface.temperature_k == 350


def test_without_guidance_thermal_networks_sample_the_hot_ensemble(make_session, thermal_system):
    branch = make_session(thermal_system).current
    assert compared_temperature(thermal_system, branch).label == "450 K"
    branch = make_session(thermal_system, gamma=0.5).current
    assert compared_temperature(thermal_system, branch).label == "≈ 450 K"


def test_other_networks_are_compared_at_the_default_temperature(make_session, system):
    for kind in ("none", "force"):
        assert compared_temperature(system, make_session(guidance=kind).current) is None


@pytest.fixture
def session(make_session, thermal_system):
    return make_session(thermal_system, samples=2, steps=3, temperature=350)


def shown(plots, branch):
    plots.show([branch], branch, 0)
    heatmap = plots.figure.data[0]
    return plots.figure.layout.title.text, heatmap.visible, heatmap.z


def test_the_plane_follows_the_temperature_of_the_run(session):
    plots = Plots(session.system)
    title, visible, warm = shown(plots, session.current)
    assert "at 350 K" in title and visible
    session.set_parameters(eta=eta_of_temperature(310.0))
    title, _, cold = shown(plots, session.current)
    assert "at 310 K" in title
    assert cold != warm
    session.set_parameters(eta=Schedule(0.5, start=0.5))
    title, visible, _ = shown(plots, session.current)
    assert title == "No MD comparison: varied temperature" and not visible
    session.set_parameters(eta=0.0)
    title, visible, _ = shown(plots, session.current)
    assert "at 450 K" in title and visible


def test_the_axes_do_not_move_with_the_temperature(session):
    plots = Plots(session.system)
    shown(plots, session.current)
    before = plots.figure.layout.xaxis.range, plots.figure.data[0].x.tolist()
    session.set_parameters(eta=1.0)
    shown(plots, session.current)
    assert (plots.figure.layout.xaxis.range, plots.figure.data[0].x.tolist()) == before


def test_the_page_of_a_varied_run_says_why_it_has_no_background(session):
    branch = session.current
    branch.config = replace(branch.config, eta=Schedule(0.5, start=0.5))
    session.set_parameters(eta=Schedule(0.5, start=0.5))
    play(session)
    page = snapshot_page(session, branch.last)
    assert "No MD comparison: varied temperature" in page
    assert '"surface":null' in page


@pytest.fixture
def peptide(monkeypatch, make_session):
    """A session of a peptide of four residues, whose own ensemble has 24 conformers."""
    monkeypatch.setattr(own_ensemble, "SAMPLES", 24)
    system = load_system("GASP")
    session = make_session(system, guidance="temperature", eta=1.0)
    assert session.own_ensemble is not None
    return session


def test_a_peptide_is_shown_on_its_own_ensemble(peptide):
    play(peptide)
    own, branch = peptide.own_ensemble, peptide.current
    plots = Plots(peptide.system, own=own)
    plots.show([branch], branch, branch.last.step)
    assert plots.background.surface is None and not plots.figure.data[0].visible
    assert plots.figure.layout.title.text == "Sampling the model's ensemble at 300 K…"
    assert not len(plots._points.x)
    wait_for(lambda: own.surface(300) is not None)
    plots.show([branch], branch, branch.last.step)
    assert plots.figure.layout.title.text == "The model's own ensemble at 300 K"
    assert plots.figure.layout.xaxis.title.text == "PC 1"
    assert plots.figure.data[0].visible and len(plots.figure.data[0].x) == 24
    expected = own.plane.transform(branch.last.predicted[:, :, 1])
    np.testing.assert_allclose(plots._points.x, expected[:, 0], rtol=1e-5)
    low, high = plots.figure.layout.xaxis.range
    assert low < own.surface(300).x_edges[0] and high > own.surface(300).x_edges[-1]
    about = about_plane(peptide.system, plots.background, [])
    assert "no reference" in about and "its ensemble is a prediction" in about
    page = snapshot_page(peptide, branch.last)
    assert "Plane of principal components" in page and '"axes":["PC 1","PC 2"]' in page


def test_conformers_outside_of_the_grid_are_counted(peptide):
    own = peptide.own_ensemble
    wait_for(lambda: own.surface(300) is not None)
    inside = background_at(peptide.system, SampledTemperature(300.0), own)
    assert "of 24 conformers" in inside.note and "outside" not in inside.note
    wait_for(lambda: own.surface(450) is not None)
    outside = 24 - own.surface(450).n_frames
    hot = background_at(peptide.system, SampledTemperature(450.0), own)
    assert (f"{outside} of them are outside of the grid" in hot.note) == (outside > 0)


def test_without_one_temperature_a_peptide_has_no_background(peptide):
    system, own = peptide.system, peptide.own_ensemble
    found = background_at(system, SampledTemperature(None, reason="η depends on t"), own)
    assert found.surface is None and found.title == "No comparison: varied temperature"
    own.failure = "There is not enough memory."
    found = background_at(system, SampledTemperature(300.0), own)
    assert found.surface is None and found.note == "There is not enough memory."
