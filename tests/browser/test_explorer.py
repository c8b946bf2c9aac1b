"""The Explorer in a real JupyterLab."""

from __future__ import annotations

import io
import time
import zipfile

import mdtraj
import pytest

from .explorer import SHOW, Page
from .lab import wait_until
from .pixels import changed_fraction, pixels, wait_for_pixels_to_change, wait_for_still_pixels


def test_a_run_moves_the_viewer_and_every_plot(explorer):
    before = wait_for_still_pixels(explorer.viewer)
    curves = [explorer.curve(row) for row in (1, 2, 3)]
    explorer.speed("10 steps/s")
    explorer.button("▶ Run").click()
    moving = wait_for_pixels_to_change(explorer.viewer, before)
    wait_for_pixels_to_change(explorer.viewer, moving)
    explorer.book.screenshot("explorer_running")
    explorer.wait_for_status("finished")
    wait_until(lambda: explorer.curve(2) != curves[1], "OpenMM's energies")
    for row, curve in zip((1, 3), (curves[0], curves[2]), strict=True):
        assert explorer.curve(row) != curve, f"plot {row} has moved"
    third = explorer.curve(3)
    for tab in ("Rg", "RMSF", "Scores", "Diversity"):
        explorer.root.get_by_role("radio", name=tab, exact=True).click()
        wait_until(lambda third=third: explorer.curve(3) != third, f"the curve {tab}")
        third = explorer.curve(3)
    explorer.book.screenshot("explorer_finished")
    state = explorer.state()
    assert state["frames"] == list(range(41)), "skipped frames are measured at the end"


def test_parameters_pause_step_seek_branch_and_compare(explorer):
    explorer.speed("4 steps/s")
    explorer.button("▶ Run").click()
    explorer.wait_for_status("running")
    explorer.gamma().focus()
    for _ in range(4):
        explorer.gamma().press("ArrowLeft")
    explorer.root.locator(".cd-flag").first.wait_for()
    explorer.button("❚❚ Pause").click()
    explorer.wait_for_status("paused")
    made = explorer.state()
    assert made["gammas"][0] == 1.0
    assert made["gammas"][-1] == pytest.approx(0.8)
    explorer.root.locator(".cd-names strong").click()
    explorer.book.page.keyboard.press("ArrowRight")
    wait_until(lambda: len(explorer.state()["gammas"]) == len(made["gammas"]) + 1, "one step")

    slider = explorer.root.get_by_role("slider", name="Step", exact=True)
    newest = len(made["gammas"]) + 1
    wait_until(lambda: slider.input_value() == str(newest), "the newest step on the timeline")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowLeft")
    at = newest - 3
    wait_until(lambda: explorer.state()["step"] == at, "the earlier step")
    explorer.button("Branch here").click()
    wait_until(lambda: explorer.state()["branch"] == "B", "the branch")
    explorer.speed("Full speed")
    explorer.run_to_the_end()
    state = explorer.state()
    assert state["branches"] == ["A", "B"]
    assert state["gammas"][:at] == made["gammas"][:at]
    assert state["gammas"][-1] == pytest.approx(0.8)
    assert len(state["gammas"]) == 40

    explorer.button("Compare with branch A").click()
    wait_until(lambda: explorer.root.locator("canvas").count() == 2, "the second viewer")
    second = explorer.root.locator("canvas").nth(1)
    wait_until(lambda: (wait_for_still_pixels(second) != 255).mean() > 0.02, "molecules in it")
    explorer.book.screenshot("explorer_compared")


def test_points_on_the_tic_plane_select_conformers(explorer):
    explorer.run_to_the_end()
    overlay = wait_for_still_pixels(explorer.viewer)
    points = explorer.root.locator(".plotly .subplot.xy .scatterlayer .trace").last.locator(
        ".point"
    )
    wait_until(lambda: points.count() == 8, "the batch on the TIC plane")
    points.nth(3).scroll_into_view_if_needed()
    box = points.nth(3).bounding_box()
    centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    explorer.book.page.mouse.move(*centre)
    explorer.root.locator(".hovertext").first.wait_for()

    def one_is_selected() -> bool:  # a click is lost while the plot is redrawn
        explorer.book.page.mouse.click(*centre)
        time.sleep(1)
        return len(explorer.state()["selected"]) == 1

    wait_until(one_is_selected, "one selected conformer")
    alone = wait_for_pixels_to_change(explorer.viewer, overlay)
    assert changed_fraction(overlay, alone) > 0.01
    assert explorer.root.locator('tr[aria-selected="true"]').count() == 1

    plane = explorer.root.locator(".plotly .nsewdrag").first
    plane.scroll_into_view_if_needed()
    area = plane.bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.05)]
    place = [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in corners]
    explorer.book.page.mouse.move(*place[0])
    explorer.book.page.mouse.down()
    for point in place[1:]:
        explorer.book.page.mouse.move(*point, steps=8)
    explorer.book.page.mouse.up()
    wait_until(lambda: len(explorer.state()["selected"]) >= 5, "a lasso selects many")
    explorer.book.screenshot("explorer_lasso")


def test_it_works_while_a_cell_runs(open_notebook):
    book = open_notebook(SHOW, "import time; time.sleep(90)")
    explorer = Page(book)
    explorer.speed("1 step/s")
    before = wait_for_still_pixels(explorer.viewer)
    book.start(1)
    wait_until(lambda: book.is_running(1), "a busy kernel")
    explorer.button("▶ Run").click()
    moving = wait_for_pixels_to_change(explorer.viewer, before, timeout=40)
    explorer.gamma().focus()
    explorer.gamma().press("ArrowLeft")
    explorer.root.locator(".cd-flag").first.wait_for(timeout=40_000)
    wait_for_pixels_to_change(explorer.viewer, moving, timeout=40)
    explorer.button("❚❚ Pause").click()
    explorer.wait_for_status("paused", "finished")
    assert book.is_running(1)


def batches(book):
    """Return the number of conformers and the first colour on the TIC plane of each view.

    Plots that are not arranged above each other are left out.
    """
    return [
        tuple(found)
        for found in book.page.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')].filter(({ _fullLayout: all }) => "
            "all.yaxis.domain[0] > all.yaxis2?.domain[1]).map((plot) => plot.data"
            ".find(({ name }) => name === 'batch')).map((t) => [t?.x?.length, "
            "t?.marker.color?.[0]])"
        )
    ]


def test_reload_a_second_view_and_a_restarted_kernel(open_notebook):
    book = open_notebook(SHOW, "e", "from confdiff_widgets import Explorer\nf = Explorer()\nf")
    explorer = Page(book)
    explorer.run_to_the_end()
    book.run(1)
    wait_until(lambda: book.page.locator(".cd-header").count() == 2, "a second view")
    wait_until(lambda: batches(book) == [(8, "#4d9aff")] * 2, "the batch in both views")
    book.reload()
    book.page.locator(".cd-header").first.wait_for()
    wait_until(lambda: batches(book)[:1] == [(8, "#4d9aff")], "the batch in the page loaded again")
    assert "finished" in explorer.root.first.get_by_role("status").first.inner_text()
    book.restart_kernel()
    book.run(2)
    again = book.page.locator(".confdiff-explorer").last
    again.get_by_label("Saved runs").focus()
    wait_until(
        lambda: again.get_by_label("Saved runs").locator("option").count() > 1, "the saved run"
    )
    again.get_by_label("Saved runs").select_option(index=1)
    wait_until(
        lambda: "step 40/40" in again.locator(".cd-progress").inner_text(), "the run restored"
    )
    book.screenshot("explorer_restored")


def test_exported_files_can_be_read(explorer, tmp_path):
    explorer.run_to_the_end()
    name, pdb = explorer.download("PDB")
    (tmp_path / name).write_bytes(pdb)
    assert mdtraj.load(tmp_path / name).n_frames == 8
    name, packed = explorer.download("XTC")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
        xtc, topology = (
            next(n for n in archive.namelist() if n.endswith(e)) for e in (".xtc", ".pdb")
        )
    assert mdtraj.load(tmp_path / xtc, top=tmp_path / topology).n_frames == 8
    name, table = explorer.download("CSV")
    assert len(table.decode().splitlines()) == 9
    name, figure = explorer.download("PNG")
    assert figure.startswith(b"\x89PNG")
    name, page = explorer.download("HTML")
    assert b"http-equiv" in page or b"<html" in page


def test_a_film_is_drawn_while_the_explorer_goes_on(explorer, tmp_path):
    explorer.run_to_the_end()
    with explorer.book.page.expect_download(timeout=240_000) as waiting:
        explorer.root.get_by_role("button", name="GIF", exact=True).click()
        explorer.root.get_by_role("alert").get_by_text("Drawing the film: step").wait_for()
        explorer.button("▶ Run").click()
        explorer.wait_for_status("running", "finished")
    assert waiting.value.suggested_filename == "chignolin-A.gif"
    assert waiting.value.path().read_bytes().startswith(b"GIF89a")
    explorer.root.get_by_role("button", name="MP4", exact=True).click()
    alert = explorer.root.get_by_role("alert")
    alert.get_by_text("Drawing the film: step").wait_for()
    alert.get_by_role("button", name="Dismiss").click()
    wait_until(lambda: "The film was cancelled" in alert.inner_text(), "the cancelled film")


def test_every_help_text_is_fully_visible(explorer):
    explorer.run_to_the_end()
    explorer.root.get_by_text("Protein and sampler").click()
    buttons = explorer.root.get_by_role("button", name="What is ")
    assert buttons.count() >= 15
    for i in range(buttons.count()):
        button = buttons.nth(i)
        if not button.is_visible():
            continue
        button.click()
        note = explorer.root.locator("[popover]:popover-open")
        note.wait_for()
        visible = note.evaluate(
            "(el) => { const r = el.getBoundingClientRect(); const at = (x, y) => "
            "el.contains(document.elementFromPoint(x, y)); return r.left >= 0 && r.top >= 0 && "
            "r.right <= innerWidth && r.bottom <= innerHeight && at(r.left + 5, r.top + 5) && "
            "at(r.right - 5, r.bottom - 5) && el.scrollHeight <= el.clientHeight; }"
        )
        assert visible, button.get_attribute("aria-label")
        explorer.book.page.keyboard.press("Escape")
        note.wait_for(state="hidden")


def test_a_conformer_is_highlighted_everywhere(explorer):
    explorer.book.page.set_viewport_size({"width": 1280, "height": 1300})  # viewer and table
    explorer.run_to_the_end()
    explorer.root.locator("tbody tr").nth(2).scroll_into_view_if_needed()
    before = wait_for_still_pixels(explorer.viewer)
    explorer.root.locator("tbody tr").nth(2).hover()
    wait_for_pixels_to_change(explorer.viewer, before, fraction=0.02)
    selected = (
        "[...document.querySelector('.js-plotly-plot').data].filter((t) => t.selectedpoints)"
        ".map((t) => [t.name, t.selectedpoints.length])"
    )
    wait_until(
        lambda: ["batch", 1] in explorer.book.page.evaluate(selected), "the highlighted point"
    )
    points = explorer.root.locator(".plotly .subplot.xy .scatterlayer .trace").last.locator(
        ".point"
    )
    box = points.nth(5).bounding_box()
    explorer.book.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_until(lambda: explorer.root.locator("tr.cd-hovered").count() == 1, "the row of a point")


def test_a_stopped_kernel_is_reported(open_notebook):
    book = open_notebook(SHOW)
    explorer = Page(book)
    book.restart_kernel()
    explorer.root.get_by_text("The kernel has stopped. Run the cell again").wait_for()
    assert explorer.button("▶ Run").is_disabled()
    assert explorer.root.locator(".confdiff-panel[inert]").count() == 5
    book.screenshot("explorer_kernel_gone")
    book.run(0)
    explorer.wait_for_status("ready")
    assert explorer.button("▶ Run").is_enabled()


def test_dark_theme(explorer):
    explorer.run_to_the_end()
    light = pixels(explorer.root)
    explorer.book.set_theme(dark=True)
    try:
        dark = wait_for_pixels_to_change(explorer.root, light, fraction=0.5)
        wait_for_still_pixels(explorer.viewer)
        explorer.book.screenshot("explorer_dark", explorer.root)
        assert dark.mean() < 90 < light.mean()
    finally:
        explorer.book.set_theme(dark=False)


def test_wrong_input_is_reported_in_the_widget(explorer):
    field = explorer.root.get_by_label("γ, number")
    field.fill("1e9")
    field.press("Enter")
    explorer.run_to_the_end()
    field.fill("much")
    field.press("Enter")
    wait_until(lambda: field.input_value() != "much", "the number reset")
    explorer.root.get_by_text("Start from").click()
    bad = {"name": "bad.pdb", "mimeType": "text/plain", "buffer": b"no atoms"}
    explorer.root.locator('input[type="file"]').set_input_files(bad)
    explorer.root.locator(".cd-message").wait_for()
    explorer.book.screenshot("explorer_notice")
    assert explorer.state()["frames"][-1] == 40, "the last good run is still there"
