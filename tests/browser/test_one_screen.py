"""The Explorer fits into a notebook cell next to the file browser, and nothing moves in it."""

from __future__ import annotations

import pytest

from .explorer import SHOW, Page
from .lab import wait_until

PARTS = {
    "header": ".cd-header",
    "γ": "input[type=range][aria-label^=Classifier]",
    "η": "input[type=range][aria-label^=Physical]",
    "kinds of guidance": ".cd-choices",
    "settings": ".cd-fold:last-of-type",
    "viewer": "canvas",
    "TIC plane": ".nsewdrag[data-subplot=xy]",
    "energy": ".nsewdrag[data-subplot=x2y2]",
    "third plot": ".nsewdrag[data-subplot=x3y3]",
    "timeline": ".cd-timeline",
}
BOXES = """
({ parts, root }) => {
  const box = (e) => {
    const r = e.getBoundingClientRect();
    return [r.left, r.top, r.right, r.bottom];
  };
  const explorer = document.querySelector(root);
  const found = Object.entries(parts).map(([name, at]) => [name, box(explorer.querySelector(at))]);
  const notebook = box(explorer.closest(".jp-WindowedPanel-outer"));
  return Object.fromEntries([["notebook", notebook], ...found]);
}
"""
CUT = """
() => {
  const explorer = document.querySelector(".confdiff-explorer");
  const texts = ".cd-names > :not(.cd-reserved), .cd-transport button, .cd-progress-text, " +
    ".cd-toolbar button, .cd-timeline button, .cd-parameter-head :is(b, input), .cd-choices button";
  const isCut = (e) => e.scrollWidth > e.clientWidth + 1 &&
    getComputedStyle(e).display !== "inline";
  const narrow = [...explorer.querySelectorAll(texts)].filter(isCut)
    .map((e) => e.textContent || e.value);
  const plot = explorer.querySelector(".js-plotly-plot").getBoundingClientRect();
  const titles = [...explorer.querySelectorAll(".gtitle, .xtitle, .ytitle, .x2title, .x3title, " +
    ".annotation-text")].filter((e) => e.textContent);
  const boxes = titles.map((e) => [e.textContent, e.getBoundingClientRect()]);
  const outside = boxes.filter(([, r]) => r.left < plot.left - 1 || r.right > plot.right + 1 ||
    r.top < plot.top - 1 || r.bottom > plot.bottom + 1).map(([text]) => text);
  const meet = (a, b) => a.left < b.right && b.left < a.right &&
    a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const overlapping = boxes.flatMap(([text, a], i) => boxes.slice(i + 1)
    .filter(([, b]) => meet(a, b)).map(([other]) => `${text} and ${other}`));
  return [...narrow, ...outside, ...overlapping];
}
"""
"""Texts that are cut off or covered by others."""


def boxes(page: Page) -> dict[str, list[float]]:
    return page.book.page.evaluate(BOXES, {"parts": PARTS, "root": ".confdiff-explorer"})


def settled(page: Page) -> dict[str, list[float]]:
    """Return the boxes once they stay for a second: plotly follows the size of its box late."""
    last: dict[str, list[float]] = {}

    def same() -> bool:
        before = dict(last)
        last.update(boxes(page))
        return last == before

    wait_until(same, "a still Explorer", pause=1.0)
    return last


def assert_same(now: dict[str, list[float]], before: dict[str, list[float]]) -> None:
    """Nothing has moved; plotly rounds the width of the colour bar to a pixel."""
    for name, box in before.items():
        assert now[name] == pytest.approx(box, abs=2), f"{name} has moved"


def assert_visible(page: Page) -> None:
    found = boxes(page)
    area = found.pop("notebook")
    for name, (left, top, right, bottom) in found.items():
        assert right - left > 40 and bottom - top > 5, f"{name} is too small"
        assert left >= area[0] - 1 and top >= area[1] - 1, name
        assert right <= area[2] + 1 and bottom <= area[3] + 1, name
    viewer = found["viewer"]
    assert viewer[2] - viewer[0] > 300 and viewer[3] - viewer[1] > 300
    assert page.book.page.evaluate(CUT) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_is_on_one_screen_and_nothing_jumps(open_notebook, dark):
    page = Page(open_notebook(SHOW, file_browser=True))
    if dark:
        page.book.set_theme(dark=True)
    try:
        before = {}
        for width, height in ((1440, 900), (1280, 720)):
            page.book.page.set_viewport_size({"width": width, "height": height})
            page.root.evaluate("(el) => el.scrollIntoView()")
            before = settled(page)
            assert_visible(page)
        page.speed("10 steps/s")
        page.button("▶ Run").click()
        page.wait_for_status("running")
        wait_until(lambda: (page.state()["step"] or 0) > 3, "a few steps")
        page.root.evaluate("(el) => el.scrollIntoView()")
        assert_same(boxes(page), before)
        page.wait_for_status("finished")
        page.root.evaluate("(el) => el.scrollIntoView()")
        assert_same(boxes(page), before)
        theme = "dark" if dark else "light"
        for width, height in ((1280, 720), (1440, 900)):
            page.book.page.set_viewport_size({"width": width, "height": height})
            page.root.evaluate("(el) => el.scrollIntoView()")
            settled(page)
            assert_visible(page)
            page.book.screenshot(f"one_screen_{width}_{theme}")
    finally:
        if dark:
            page.book.set_theme(dark=False)


def test_a_notice_moves_nothing(open_notebook):
    page = Page(open_notebook(SHOW, file_browser=True))
    before = settled(page)
    page.root.get_by_label("γ, number").fill("1e9")
    page.root.get_by_label("γ, number").press("Enter")
    page.root.get_by_role("alert").wait_for()
    assert_same(boxes(page), before)
