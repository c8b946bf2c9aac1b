"""The HTML report of `confdiff evaluate`, opened without a network connection."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import EnsembleData
from confdiff_widgets.reports import EvaluationSettings, Target, evaluate
from confdiff_widgets.reports.html_page import report_page

from .lab import SCREENSHOTS
from .pixels import pixels
from .test_snapshot import offline

__all__ = ["offline"]  # the fixture

DRAWN = "document.body.dataset.drawn === 'true'"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    target = Target.of_protein(proteins.get("chignolin"))
    frames = target.backbone[::50]
    ensembles = [
        EnsembleData("all", target.sequence, frames[:, :, 1], frames),
        EnsembleData("swollen", target.sequence, frames[::2, :, 1] * np.float32(1.03)),
    ]
    settings = EvaluationSettings(baseline_draws=2, n_bootstrap=2)
    file = tmp_path_factory.mktemp("report") / "evaluation.html"
    file.write_text(report_page(evaluate(ensembles, target, settings=settings)), encoding="utf-8")
    return file


def test_all_figures_are_drawn_offline(report, offline):
    page = offline(report, dark=False)
    page.wait_for_function(DRAWN)
    plots = page.locator(".plot")
    assert plots.count() == 11
    for number in range(plots.count()):
        plots.nth(number).locator(".main-svg").first.wait_for()
        assert pixels(plots.nth(number)).std() > 3, "the plot is not empty"
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "report.png", full_page=True)
    points = page.locator("#plane .scatterlayer .trace")
    assert points.count() == 3
    page.locator("#plane .legendtoggle").first.click()
    page.wait_for_function("document.querySelector('#plane').data[1].visible === 'legendonly'")


def test_the_report_follows_the_colour_scheme(report, offline):
    page = offline(report, dark=True)
    page.wait_for_function(DRAWN)
    page.screenshot(path=SCREENSHOTS / "report_dark.png", full_page=True)
    for key in ("rg", "rmsf", "efficiency"):
        assert np.median(pixels(page.locator(f"#{key}"))) < 40
    page.emulate_media(color_scheme="light")
    page.wait_for_function(
        "document.querySelector('#rg').layout.font.color === '#3a4048'"
    )  # updated when the colour scheme changes
    assert np.median(pixels(page.locator("#rg"))) > 200
