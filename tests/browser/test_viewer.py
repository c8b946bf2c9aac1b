"""The structure viewer in a browser, checked on the pixels of the page."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from .lab import SCREENSHOTS, Notebook, wait_until
from .pixels import (
    Pixels,
    changed_fraction,
    pixels,
    wait_for_pixels_to_change,
    wait_for_still_pixels,
)

VIEWER = """
import threading, time
import numpy as np
from confdiff_widgets import proteins
from confdiff_widgets.widgets import StructureViewer

reference = proteins.get("chignolin").reference()
conformers = reference.backbone[:: len(reference.backbone) // 8][:8]

def stream(viewer, frames=40):
    "Show noise that turns into structures, in a thread, until the browser has painted all frames."
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 8, (8, 10, 1, 3)) + rng.normal(0, 1, (8, 10, 4, 3))
    first = viewer._backpressure.acknowledged
    def work():
        viewer.shown = viewer.most_in_flight = 0
        while (painted := viewer._backpressure.acknowledged - first) < frames:
            viewer.show(conformers + noise * (1 - painted / frames))
            viewer.shown += 1
            viewer.most_in_flight = max(viewer.most_in_flight, viewer._backpressure.in_flight)
            time.sleep(0.02)
        viewer.show(conformers)
    viewer.thread = threading.Thread(target=work)
    viewer.thread.start()

viewer = StructureViewer("YYDPETGTWY", folded=reference.folded)
viewer.show(conformers)
"""
SHOW = VIEWER + "viewer"
SEEN_FRAMES = 4
"""Frames that must be seen of 40, because a screenshot takes longer than a frame."""


def drawn(image: Pixels) -> np.ndarray:
    """Return a mask of the pixels that differ from the background."""
    background = image[5, 5].astype(int)
    return np.abs(image.astype(int) - background).max(axis=-1) > 24


def canvas(book: Notebook, cell: int = 0):
    found = book.output(cell).locator("canvas")
    found.wait_for()
    wait_until(lambda: drawn(pixels(found)).mean() > 0.01, "something drawn")
    return found


def test_conformers_fill_the_view_and_are_centred(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    image = wait_for_still_pixels(canvas(book))
    book.screenshot("viewer")
    rows, columns = np.nonzero(drawn(image))
    height, width = image.shape[:2]
    assert 0.45 < np.ptp(rows) / height < 1, "fills the view without being cut off"
    assert rows.mean() / height == pytest.approx(0.5, abs=0.12)
    assert columns.mean() / width == pytest.approx(0.5, abs=0.12)
    colors = np.unique(image[drawn(image)] // 32, axis=0)
    assert len(colors) > 20, "eight conformers, shaded"


def test_a_thread_streams_while_idle_and_while_a_cell_runs(open_notebook):
    book = open_notebook(SHOW, "stream(viewer)", "stream(viewer)\nviewer.thread.join()")
    book.run(0)
    view = canvas(book)
    start = wait_for_still_pixels(view)
    for cell, busy in (1, False), (2, True):
        last = start
        book.start(cell)
        for number in range(SEEN_FRAMES):
            last = wait_for_pixels_to_change(view, last)
            assert book.is_running(cell) == busy
            if number == 1:
                book.screenshot(f"viewer_streaming_{'busy' if busy else 'idle'}")
        book.wait_for(cell)
        report = book.execute(
            "viewer.thread.join(); time.sleep(1)\n"
            "print(viewer.most_in_flight, viewer.shown, viewer._backpressure.in_flight)"
        )
        most, shown, left = map(int, report.split())
        assert most == 1, f"frames queue up (busy: {busy})"
        assert shown >= 40
        assert left == 0
        end = wait_for_still_pixels(view)
        assert changed_fraction(start, end) < 0.01, "the last frame, which is also the first"


def test_chains_stay_intact_if_the_style_changes_during_noise(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    view = canvas(book)
    start = wait_for_still_pixels(view)
    noise = "viewer.show(conformers + np.random.default_rng(1).normal(0, 9, (8, 10, 4, 3)))\n"
    for style in ("licorice", "cartoon", "tube"):
        book.execute(f"viewer.style = '{style}'\n{noise}")
        last = wait_for_still_pixels(view)
        book.screenshot(f"viewer_noise_{style}", view)
    book.execute("viewer.show(conformers)")
    wait_for_pixels_to_change(view, last)
    assert changed_fraction(start, wait_for_still_pixels(view)) < 0.01


def test_display_attributes(open_notebook):
    book = open_notebook(VIEWER + "viewer.value_label = 'RMSF (Å)'\nviewer")
    book.run(0)
    view = canvas(book)
    image = wait_for_still_pixels(view)
    values = "values=np.abs(np.arange(10) - 4.5)"
    arrows = "arrows=np.random.default_rng(1).normal(0, 0.8, (8, 10, 3))"
    for name, code in {
        "tube_residue": "viewer.color = 'residue'",
        "cartoon_residue": "viewer.style = 'cartoon'",
        "cartoon_structure": "viewer.color = 'secondary structure'",
        "cartoon_conformer": "viewer.color = 'conformer'",
        "licorice_conformer": "viewer.style = 'licorice'",
        "licorice_value": f"viewer.color = 'value'; viewer.show(conformers, {values})",
        "tube_value": "viewer.style = 'tube'",
        "tube_highlighted": "viewer.color = 'conformer'; viewer.highlighted = 2",
        "tube_selected": "viewer.highlighted = None; viewer.selected = 2",
        "tube_arrows": f"viewer.show(conformers, {arrows})",
        "tube_no_arrows": "viewer.show(conformers)",
        "no_ghost": "viewer.ghost = False",
        "colors": "viewer.selected = None; viewer.show(conformers, colors=['#666666'] * 8)",
        "dark": "viewer.show(conformers); viewer.ghost = True; viewer.dark = True",
        "dark_cartoon": "viewer.style = 'cartoon'; viewer.selected = 0",
    }.items():
        book.execute(code)
        wait_for_pixels_to_change(view, image)
        image = wait_for_still_pixels(view)
        book.screenshot(f"viewer_{name}", view)
        assert drawn(image).mean() > 0.01
        assert (image[5, 5].max() < 40) == name.startswith("dark")


def test_background_follows_the_theme(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    view = canvas(book)
    try:
        book.set_theme(dark=True)
        wait_until(lambda: pixels(view)[5, 5].max() < 40, "a dark background")
        wait_for_still_pixels(view)
        book.screenshot("viewer_dark_theme")
    finally:
        book.set_theme(dark=False)
    wait_until(lambda: pixels(view)[5, 5].min() > 240, "a light background")


def test_reloading_shows_the_last_frame(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    view = canvas(book)
    book.execute("viewer.style = 'licorice'; viewer.show(conformers[::-1])")
    before = wait_for_still_pixels(view)
    book.reload()
    assert changed_fraction(before, wait_for_still_pixels(canvas(book))) < 0.01
    book.execute("stream(viewer, frames=10); viewer.thread.join()")
    wait_for_pixels_to_change(canvas(book), before)


def test_frames_shown_before_display_appear_in_all_views(open_notebook):
    book = open_notebook(VIEWER + "viewer.style = 'licorice'", "viewer", "viewer")
    book.run_all()
    first, second = canvas(book, 1), canvas(book, 2)
    for view in first, second:
        wait_for_still_pixels(view)
    before = pixels(first), pixels(second)
    book.execute("viewer.show(conformers + np.random.default_rng(1).normal(0, 3, (8, 10, 4, 3)))")
    for view, old in zip((first, second), before, strict=True):
        wait_for_pixels_to_change(view, old)


def test_two_viewers_do_not_disturb_each_other(open_notebook):
    other = (
        "other = StructureViewer('YYDPETGTWY', slots=2, height='260px')\nother.show(conformers[:2])"
    )
    book = open_notebook(VIEWER + "viewer.layout.height = '260px'\nviewer", other + "\nother")
    book.run_all()
    first, second = canvas(book, 0), canvas(book, 1)
    before = wait_for_still_pixels(first), wait_for_still_pixels(second)
    book.execute("stream(viewer, frames=10)\nother.style = 'cartoon'; viewer.thread.join()")
    wait_for_pixels_to_change(second, before[1])
    book.execute("viewer.show(conformers)")
    assert changed_fraction(before[0], wait_for_still_pixels(first)) < 0.01
    book.screenshot("viewer_two")


def test_cameras_of_a_group_move_together(open_notebook):
    other = "other = StructureViewer('YYDPETGTWY', folded=reference.folded, height='260px')\n"
    other += "other.camera_group = 'pair'; other.show(conformers[:2])\nother"
    book = open_notebook(VIEWER + "viewer.layout.height = '260px'\nviewer", other)
    book.run_all()
    first, second = canvas(book, 0), canvas(book, 1)
    start = wait_for_still_pixels(first)
    drag(book, first)
    turned = wait_for_pixels_to_change(first, start)
    book.execute("viewer.camera_group = 'pair'")
    wait_for_pixels_to_change(first, turned)
    joined = wait_for_still_pixels(first), wait_for_still_pixels(second)
    assert changed_fraction(start, joined[0]) < 0.01, "the orientation of the group"
    drag(book, second)
    for view, before in zip((first, second), joined, strict=True):
        wait_for_pixels_to_change(view, before)
    book.screenshot("viewer_group")
    book.execute("viewer.selected = 0; other.selected = 0")
    sides = [np.nonzero(drawn(wait_for_still_pixels(view))) for view in (first, second)]
    for one, other in zip(*sides, strict=True):
        assert np.ptp(one) == pytest.approx(np.ptp(other), abs=3), "the same orientation"


def drag(book: Notebook, view) -> None:
    """Rotate a view with the mouse, and move the mouse away."""
    box = view.bounding_box()
    book.page.mouse.move(box["x"] + 60, box["y"] + 90)
    book.page.mouse.down()
    book.page.mouse.move(box["x"] + 160, box["y"] + 120, steps=5)
    book.page.mouse.up()
    book.page.mouse.move(box["x"] - 40, box["y"] - 40)


def test_mouse_hovers_picks_rotates_and_zooms(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    view = canvas(book)
    start = wait_for_still_pixels(view)
    box = view.bounding_box()
    rows, columns = np.nonzero(drawn(start))
    nearest = np.argmin(np.hypot(rows - rows.mean(), columns - columns.mean()))
    x, y = box["x"] + int(columns[nearest]), box["y"] + int(rows[nearest])
    book.page.mouse.move(x, y)
    tip = book.page.get_by_text("conformer").last
    tip.wait_for()
    book.screenshot("viewer_hover")
    book.page.mouse.click(x, y)
    book.execute("time.sleep(1)")
    state = book.execute(
        "import json; print(json.dumps([viewer.picked, viewer.hovered, viewer.sequence]))"
    )
    (conformer, residue), hovered, sequence = json.loads(state)
    assert hovered == conformer
    assert f"conformer {conformer} · " in tip.inner_text()
    assert tip.inner_text().endswith(f" {residue + 1}")
    assert 0 <= residue < len(sequence)

    book.page.mouse.move(x + 60, y + 90)
    book.page.mouse.down()
    book.page.mouse.move(x + 160, y + 120, steps=5)
    book.page.mouse.up()
    book.page.mouse.move(box["x"] + 30, box["y"] + 30)
    turned = wait_for_pixels_to_change(view, start)
    book.page.mouse.wheel(0, 400)
    wait_for_pixels_to_change(view, turned)
    book.execute("viewer.reset_view()")
    book.page.mouse.move(box["x"] - 40, box["y"] - 40)
    wait_until(
        lambda: changed_fraction(start, wait_for_still_pixels(view)) < 0.01, "the initial view"
    )


def test_screenshot_matches_the_screen_at_twice_the_resolution(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    view = canvas(book)
    book.execute("viewer.color = 'residue'; viewer.dark = True")
    wait_until(lambda: pixels(view)[5, 5].max() < 40, "a dark background")
    seen = wait_for_still_pixels(view)
    png = book.execute(
        "import base64; screenshots = []\n"
        "assert viewer.screenshot(screenshots.append)\n"
        "while not screenshots: time.sleep(0.1)\n"
        "print(base64.b64encode(screenshots[0]).decode())"
    )
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    image.save(SCREENSHOTS / "viewer_screenshot.png")
    height, width = seen.shape[:2]
    assert image.size == pytest.approx((2 * width, 2 * height), abs=4)
    assert image.convert("RGBA").getextrema()[3] == (255, 255), "opaque"
    small = np.asarray(image.convert("RGB").resize((width, height)))
    difference = np.abs(small.astype(int) - seen).max(axis=-1)
    assert (difference > 60).mean() < 0.01, "the molecule and its colours"
    assert small[5, 5] == pytest.approx(seen[5, 5], abs=1), "the background"
    assert drawn(small).mean() == pytest.approx(drawn(seen).mean(), rel=0.2)
    assert changed_fraction(seen, wait_for_still_pixels(view)) == 0, "the view has not changed"
    book.execute("viewer.close(); time.sleep(2)")
    assert book.execute("print(viewer.screenshot(print))").strip() == "False"


def test_follows_the_size_of_its_box(open_notebook):
    book = open_notebook(VIEWER + "viewer.layout.width = '420px'\nviewer")
    book.run(0)
    view = canvas(book)
    assert view.bounding_box()["width"] == pytest.approx(420, abs=2)
    book.execute("viewer.layout.height = '600px'; viewer.layout.width = '100%'")
    wait_until(lambda: view.bounding_box()["height"] > 590, "the new height")
    assert view.bounding_box()["width"] > 900


def test_survives_a_kernel_restart(open_notebook):
    book = open_notebook(SHOW)
    book.run(0)
    before = drawn(wait_for_still_pixels(canvas(book))).mean()
    assert before > 0.01
    book.restart_kernel()
    after = drawn(wait_for_still_pixels(canvas(book))).mean()
    assert after == pytest.approx(before, rel=0.3), "the last frame stays"
    book.run(0)
    assert drawn(wait_for_still_pixels(canvas(book))).mean() == pytest.approx(before, rel=0.3)
