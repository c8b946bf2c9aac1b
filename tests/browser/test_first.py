"""The notebook that `make lab` and `confdiff lab` open: one click, and structures move."""

import time

from .lab import SCREENSHOTS, TIMEOUT, FirstLab, wait_until
from .pixels import wait_for_pixels_to_change, wait_for_still_pixels


def test_one_click_starts_a_run_in_the_first_notebook(browser, tmp_path):
    lab = FirstLab(tmp_path)
    page = browser.new_page()
    try:
        page.set_default_timeout(TIMEOUT * 1000)
        page.goto(f"{lab.url}/lab/tree/01_first_look.ipynb?token={lab.token}")
        explorer = page.locator(".confdiff-explorer")
        explorer.locator(".plotly .heatmaplayer image").first.wait_for()
        view = explorer.locator("canvas").first
        before = wait_for_still_pixels(view)
        assert explorer.get_by_role("status").first.inner_text().startswith("ready")
        clicked = time.monotonic()
        explorer.get_by_role("button", name="▶ Run").click()
        wait_for_pixels_to_change(view, before)
        assert time.monotonic() - clicked < TIMEOUT / 4  # measured in benchmarks/explorer.py
        status = explorer.get_by_role("status").first
        wait_until(lambda: status.inner_text().startswith("finished"), "the end of the run")
        page.screenshot(path=SCREENSHOTS / "first_look.png")
    finally:
        page.close()
        lab.stop()
    assert (
        f"{lab.port}/lab/tree/01_first_look.ipynb?token" in lab.log.read_text()
    )  # the address for the user
    assert (lab.root / "07_type_your_own_peptide.ipynb").exists()
