"""The examples of the how-tos: each is registered as its page says, and gives right results."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from confdiff_widgets import proteins
from confdiff_widgets.analysis import compare, js_marginals, metric_evaluator, metrics
from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.diffusion.solvers import REGISTRY, RegisteredSolver
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import ClassifierFreeGuidance
from confdiff_widgets.guidance.registry import KINDS
from confdiff_widgets.proteins import catalogue
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.widgets.explorer.curves import VIEWS
from confdiff_widgets.widgets.explorer.plots import Plots

from ..sessions import play
from .conftest import ROOT

SEQUENCE = "YYDPETGTWY"
SPREAD = 2.0  # Å
FOLD = torch.zeros(10, 3)
FOLD[:, 0] = 3.8 * torch.arange(10)


def finish(run: Run) -> np.ndarray:
    for _ in run:
        pass
    return run.ensemble().ca


# --- pages and files ----------------------------------------------------------------------------


def test_every_example_has_a_page_and_every_page_an_example():
    folder = ROOT / "docs" / "develop"
    shown = {
        name
        for page in folder.glob("*.md")
        for name in re.findall(r"\(examples/(\w+)\.py\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {path.stem for path in (folder / "examples").glob("*.py")}


def test_the_files_that_the_pages_name_exist():
    pages = [ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / "develop").glob("*.md")]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(
            r"`((?:confdiff_widgets|tests|docs|js|recipes|notebooks|benchmarks|\.ci)/[\w./-]*)`",
            page.read_text(encoding="utf-8"),
        )
    }
    assert len(named) > 30
    assert [(page, name) for page, name in sorted(named) if not (ROOT / name).exists()] == []


# --- a solver -----------------------------------------------------------------------------------


@pytest.fixture
def midpoint(example, monkeypatch):
    kind = example("midpoint_solver").Midpoint
    solver = RegisteredSolver(kind, "exponential midpoint method", lambda stochasticity: kind())
    monkeypatch.setitem(REGISTRY, "midpoint", solver)
    return kind()


def test_a_run_takes_the_new_solver_and_its_default_steps(midpoint, example):
    model = example("gaussian_model").GaussianChain(FOLD, SPREAD)
    config = SamplerConfig(samples=4, solver="midpoint", steps=8, seed=1)
    run = Run(ClassifierFreeGuidance(model, None), SEQUENCE, config)
    finish(run)
    assert run.evaluations == 2 * 7 + 1  # the last prediction is the result
    with pytest.raises(SettingsError, match="'midpoint' has no tunable noise"):
        SamplerConfig(solver="midpoint", stochasticity=0.5)


def test_the_error_of_the_new_solver_falls_with_the_square_of_the_step(midpoint):
    """The flow of a Gaussian has a closed form: x_s - α_s μ scales with its standard deviation."""
    process, spread = SE3Process(), 0.5
    r3 = process.r3
    start = process.prior(1, 6, generator=torch.Generator().manual_seed(0)).to(torch.float64)

    def sd(t):
        return (r3.alpha(t) ** 2 * spread**2 + r3.variance(t)) ** 0.5

    def score(rigid, t):
        return Score(-rigid.trans * r3.scale / sd(t) ** 2, torch.zeros_like(rigid.trans))

    def error(steps):
        times = midpoint.times(steps, 1.0, 0.01)
        rigid: Rigid = start
        for t, s in pairwise(times):
            rigid = midpoint.step(
                process, rigid, score(rigid, t), t, s,
                noise=lambda: pytest.fail("the ODE has no noise"),
                evaluate=score, solver_state=None,
            ).rigid  # fmt: skip
        exact = start.center().trans * sd(times[-1]) / sd(times[0])
        return float((rigid.trans - exact).abs().max())

    assert 3.3 < error(40) / error(80) < 4.8
    assert error(80) < 0.05  # Å


# --- a plot -------------------------------------------------------------------------------------


def test_the_new_plot_shows_the_mean_distance_of_each_step(example, make_session, monkeypatch):
    view = example("end_to_end_plot").END_TO_END
    monkeypatch.setitem(VIEWS, "ends", view)
    session = make_session(samples=3, steps=4)
    play(session)
    branch = session.current
    (line,), note = view.lines([branch], branch.last)
    assert (list(line.x), note) == ([1, 2, 3, 4], "mean of the batch")
    ca = branch.last.predicted[:, :, 1]
    assert line.y[-1] == pytest.approx(np.linalg.norm(ca[:, -1] - ca[:, 0], axis=-1).mean())
    plots = Plots(session.system)
    plots.view = "ends"
    plots.show([branch], branch, 4)
    drawn = [trace for trace in plots.figure.data if trace.name == branch.title and trace.visible]
    np.testing.assert_allclose(drawn[0].y, line.y, rtol=1e-6)


# --- a metric -----------------------------------------------------------------------------------


def test_the_new_metric_has_its_value_baselines_and_interval(example, monkeypatch):
    module = example("end_to_end_metric")
    monkeypatch.setitem(metrics.METRICS, "js_ends", module.JS_ENDS)
    monkeypatch.setitem(metric_evaluator.FEATURES, "js_ends", module.end_to_end)
    rng = np.random.default_rng(0)
    chain = FOLD.numpy()
    reference = chain + rng.normal(0, 1.0, (600, 10, 3))
    sample = 0.9 * chain + rng.normal(0, 1.0, (200, 10, 3))
    found = compare(sample, reference, folded=chain, tica=None)["js_ends"]
    ends = [module.end_to_end(ca) for ca in (sample, reference)]
    assert found.value == pytest.approx(js_marginals(*ends), abs=1e-9)
    assert found.low < found.value < found.high
    assert found.baseline_mean < 0.5 * found.value < found.single_structure
    same = compare(reference[:200], reference[200:], folded=chain, tica=None)["js_ends"]
    assert same.value < 2 * same.baseline_mean


# --- a protein ----------------------------------------------------------------------------------


def test_a_new_protein_is_listed_and_has_its_reference(example, simulation, tmp_path, monkeypatch):
    data = tmp_path / "data"
    shutil.copytree(catalogue._root("data"), data)
    reference = example("bundle_protein").bundle(simulation, data / "mini", "Mini", "5AWL")
    other = {"data": data, "weights": catalogue._root("weights")}
    monkeypatch.setattr(catalogue, "_root", lambda folder: Path(other[folder]))
    for function in (catalogue.get, catalogue._reference):
        function.cache_clear()
    try:
        assert proteins.names() == ("chignolin", "mini", "trp-cage")
        protein = proteins.get("mini")
        assert (protein.sequence, protein.title) == (SEQUENCE, "Mini")
        read = protein.reference()
        np.testing.assert_allclose(read.ca, reference.ca, atol=0.02)
        np.testing.assert_allclose(read.folded_ca.mean(0), 0, atol=1e-3)
        assert read.at(330.0).weights.sum() == pytest.approx(1)
        run = Run(protein.load_networks(), protein.sequence, SamplerConfig(samples=2, steps=2))
        assert finish(run).shape == (2, 10, 3)
        assert sorted(Path(missing).name for missing in catalogue.missing_files()) == [
            "energy_mini.safetensors",
            "force_mini.safetensors",
            "minimised.npz",
            "surrogate_mini.safetensors",
        ]
    finally:
        for function in (catalogue.get, catalogue._reference):
            function.cache_clear()


# --- a guidance kind ----------------------------------------------------------------------------


def test_the_new_guidance_is_the_gradient_of_its_energy(example):
    module = example("end_to_end_guidance")
    model = example("gaussian_model").GaussianChain(FOLD, SPREAD)
    physical = module.EndToEndGuidance(model)
    rigid = SE3Process().prior(3, 10, generator=torch.Generator().manual_seed(0))
    t, step = 0.3, 1e-3
    r3 = model.process.r3
    found = physical(rigid, t)
    predicted = model(rigid, t).frames.trans.double()

    def energy(ca):
        distance = torch.linalg.vector_norm(ca[:, -1] - ca[:, 0], dim=-1)
        return 0.5 * module.STIFFNESS * (distance - module.TARGET) ** 2

    torch.testing.assert_close(found.energy.double(), energy(predicted), rtol=1e-4, atol=1e-5)
    for residue, axis in ((0, 0), (9, 1), (4, 2)):
        moved = torch.zeros_like(predicted)
        moved[:, residue, axis] = step
        slope = (energy(predicted + moved) - energy(predicted - moved)) / (2 * step)
        expected = r3.alpha(t) * slope / r3.scale
        torch.testing.assert_close(
            found.trans[:, residue, axis].double(), expected, rtol=1e-3, atol=1e-3
        )
    torch.testing.assert_close(found.trans.sum(1), torch.zeros(3, 3), atol=1e-4, rtol=0)


def test_the_new_guidance_is_offered_for_every_network_and_acts(example, monkeypatch):
    module = example("end_to_end_guidance")
    monkeypatch.setitem(KINDS, "ends", module.ENDS)
    system = load_system("chignolin")
    assert "ends" in system.guidance_kinds
    assert system.default_guidance == "temperature"
    assert isinstance(system.load_physical("ends"), module.EndToEndGuidance)
    model = example("gaussian_model").GaussianChain(FOLD, SPREAD)
    ends = {}
    for eta in (0.0, 10.0):
        run = Run(
            ClassifierFreeGuidance(model, None),
            SEQUENCE,
            SamplerConfig(samples=64, guidance="ends", eta=eta, seed=3),
            physical=module.EndToEndGuidance(model),
        )
        ca = finish(run)
        ends[eta] = np.linalg.norm(ca[:, -1] - ca[:, 0], axis=-1).mean()
    assert ends[10.0] < ends[0.0] - 2  # towards the target, Å
    with pytest.raises(SettingsError, match="Give a number from 0 to 20"):
        SamplerConfig(guidance="ends", eta=30.0)


# --- a model family -----------------------------------------------------------------------------


def test_samples_of_the_new_model_have_its_mean_and_spread(example):
    model = example("gaussian_model").GaussianChain(FOLD, SPREAD)
    run = Run(ClassifierFreeGuidance(model, None), SEQUENCE, SamplerConfig(samples=2000, seed=2))
    ca = finish(run)
    centred = FOLD.numpy() - FOLD.numpy().mean(0)
    np.testing.assert_allclose(ca.mean(0), centred, atol=0.2)
    expected = SPREAD * np.sqrt(0.9)  # without the centre of ten residues
    assert ca.std(0).mean() == pytest.approx(expected, rel=0.05)
