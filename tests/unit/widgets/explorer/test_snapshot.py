"""The page of a run: complete in one file that loads nothing."""

import json
import re

import numpy as np
import pytest

from confdiff_widgets.analysis import local_geometry
from confdiff_widgets.widgets.explorer.snapshot import MAX_FRAMES, snapshot_page


def film(page):
    return json.loads(re.search(r'type="application/json">(.*?)</script>', page, re.S)[1])


def without_plotly(page):
    """Remove plotly.js, which contains addresses that it does not load."""
    start = page.index("<script>")
    return page[:start] + page[page.index("</script>", start) :]


def test_page_contains_the_run(finished):
    session = finished()
    branch = session.current
    page = snapshot_page(session, branch.frames[4])
    data = film(page)
    assert len(page.encode()) < 6e6
    assert data["start"] == 4 and len(data["moments"]) == len(data["chains"]) == 7
    assert np.shape(data["chains"]) == (7, 3, 3, 37)  # steps, conformers, axes, points
    np.testing.assert_allclose(data["plane"][4], branch.frames[4].tics, atol=6e-4)
    assert data["plane"][0] is None
    assert {plot["title"] for plot in data["plots"]} == {
        "Diversity", "Rg", "RMSD", "Contacts", "RMSF", "φ, ψ", "Scores", "Energy"
    }  # fmt: skip
    rmsf = next(plot for plot in data["plots"] if plot["title"] == "RMSF")
    np.testing.assert_allclose(rmsf["films"][3][0][1], branch.frames[3].rmsf, atol=6e-4)
    torsions = next(plot for plot in data["plots"] if plot["title"] == "φ, ψ")
    angles = local_geometry(branch.frames[3].predicted)
    np.testing.assert_allclose(torsions["films"][3][0][0], angles.phi[:, :-1].ravel(), atol=6e-3)
    np.testing.assert_allclose(torsions["films"][3][0][1], angles.psi[:, 1:].ravel(), atol=6e-3)
    assert torsions["films"][0] == [[[], []]]  # the noise has no prediction


def test_all_lines_of_a_frame_are_in_the_film(finished):
    session = finished(guidance="force", eta=1.0)
    branch = session.current
    plots = {plot["title"]: plot for plot in film(snapshot_page(session, branch.last))["plots"]}
    size = np.linalg.norm(branch.frames[3].force, axis=-1)
    mean, low, high = plots["Force"]["films"][3]
    np.testing.assert_allclose(mean[1], size.mean(0), atol=6e-4)
    np.testing.assert_allclose(low[1], np.quantile(size, 0.1, axis=0), atol=6e-4)
    np.testing.assert_allclose(high[1], np.quantile(size, 0.9, axis=0), atol=6e-4)
    energy = plots["Energy"]
    assert energy["range"][0] < energy["band"][0] < energy["band"][1] < energy["range"][1]
    assert plots["Diversity"]["range"] is None and plots["Diversity"]["band"] is None


def test_chains_are_superposed_on_the_folded_structure(finished):
    session = finished()
    reference = session.system.reference
    assert reference is not None
    data = film(snapshot_page(session, session.current.last))
    folded = np.array(data["folded"]).T[::4]
    distances = [np.linalg.norm(np.diff(ca, axis=0), axis=1)
                 for ca in (folded, reference.folded_ca)]  # fmt: skip
    np.testing.assert_allclose(*distances, atol=0.03)
    centres = np.array(data["chains"][-1])[..., ::4].mean(axis=-1)
    np.testing.assert_allclose(centres, 0, atol=1)


def test_page_loads_nothing(finished):
    session = finished()
    page = snapshot_page(session, session.current.last)
    assert not re.findall(r"https?:", without_plotly(page))
    assert not re.findall(r"<link[^>]*href=\"(?!data:)|\ssrc=|@import|url\(", without_plotly(page))
    assert page.count("<script") == page.count("</script>") == 3
    assert "{{" not in without_plotly(page)


def test_page_says_how_to_repeat_the_run(finished):
    session = finished(gamma=0.75)
    page = snapshot_page(session, session.current.last)
    assert "&quot;gamma&quot;: 0.75" in page and "seed=5" in page and "load_system" in page


def test_page_without_a_reference(finished, without_reference):
    session = finished(without_reference)
    page = snapshot_page(session, session.current.last)
    data = film(page)
    assert data["surface"] is None and data["folded"] is None
    assert "no TICs" in page and "RMSD <span>" not in page


def test_names_of_branches_are_escaped(finished):
    session = finished()
    session.fork(3)
    session.rename("A", "</script><b>")
    session.select("A")
    page = snapshot_page(session, session.branches.find("A").frames[6])
    assert "<b>" not in page
    assert page.count("</script>") == 3


@pytest.mark.parametrize("kept", [0, 33, 70])
def test_long_runs_are_thinned_and_keep_the_requested_frame(finished, kept):
    session = finished(samples=1, steps=70)
    branch = session.current
    data = film(snapshot_page(session, branch.frames[kept]))
    steps = [moment["step"] for moment in data["moments"]]
    assert len(steps) == MAX_FRAMES and steps == sorted(set(steps))
    assert steps[data["start"]] == kept and steps[0] == 0 and steps[-1] == 70
