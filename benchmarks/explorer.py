"""What the Explorer costs, in a real JupyterLab and Chromium.

    python -m benchmarks.explorer [--runs 125]

Latency: from the end of a sampler step to the structures painted, by the clocks of the kernel
and of the page on one machine. Throughput: against the same run without an Explorer, alternating.
Growth: over many runs, of the kernel's and the page's memory and of pictures under way. Opening:
from the address that `make lab` opens to the Explorer, and from the click on ▶ Run to other pixels.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks._report import publish
from tests.browser.lab import CHROMIUM_FLAGS, FirstLab, Notebook, Server, chromium
from tests.browser.pixels import wait_for_pixels_to_change, wait_for_still_pixels

SHOW = """
from confdiff_widgets import Explorer
explorer = Explorer("chignolin", samples=16, steps=40, seed=7, folder=None)
explorer
"""
LOOKS = 30
"""Runs of which the latency is measured: each shows six pictures or so."""
PAIRS = 21
"""Runs with and without the Explorer: the ratio of one pair is sure to a tenth."""

TOOLS = """
import gc, json, os, time, traceback
from concurrent.futures import ThreadPoolExecutor
import psutil, torch
from confdiff_widgets.live import Status
from confdiff_widgets.live.threads import available_cores
from confdiff_widgets.sampling import Run

asking = ThreadPoolExecutor(1)  # one thread for all: each new one would get memory of its own
player, viewer = explorer.session.player, explorer.viewer
ended, shown, painted, most_under_way = {}, {}, {}, 0
show, answered = viewer.show, viewer._answered

def note_step(player):
    if player.state is not None and player.state.step not in ended:
        ended[player.state.step] = time.time()

def note_shown(*given, **named):
    viewer.step = explorer._controller.state.frame.step
    show(*given, **named)

def note_scene(change):
    global most_under_way
    shown[change["new"]["number"]] = getattr(viewer, "step", 0)
    parts = viewer, explorer._scheduler
    most_under_way = max(most_under_way, *(part._backpressure.in_flight for part in parts))

def note_painted(widget, message, buffers):
    if "painted" in message:
        painted.setdefault(shown.get(message["painted"]), message["at"] / 1000)

player.watch(note_step)
viewer.show = note_shown
viewer._stage.observe(note_scene, "scene")
viewer._stage.on_msg(note_painted)

def play():
    explorer.session.restart()
    assert player.wait(Status.READY)
    time.sleep(0.3)
    for seen in (ended, shown, painted):
        seen.clear()
    explorer.session.play()
    assert player.wait(Status.FINISHED)

def pace():
    "Steps a second with the Explorer, without the first."
    play()
    steps = sorted(ended)
    return (len(steps) - 2) / (ended[steps[-1]] - ended[steps[1]])

def bare(count):
    "The same without anybody watching, while the page is open and idle, on some cores."
    system, config = explorer.session.system, explorer.session.config
    torch.set_num_threads(count)
    physical = system.load_physical(config.guidance, "cpu")
    run = Run(system.load_networks("cpu"), system.sequence, config, physical=physical)
    times = []
    for _ in run:
        times.append(time.perf_counter())
    return (len(times) - 1) / (times[-1] - times[0])

def ask(job):
    "In a thread, so that the kernel is idle as it is when a person watches; into a file."
    def work():
        time.sleep(2)  # until the Explorer is in sight again
        try:
            value = json.dumps({"value": job()})
        except Exception:
            value = json.dumps({"error": traceback.format_exc()})
        with open("answer.tmp", "w") as file:
            file.write(value)
        os.replace("answer.tmp", "answer.json")
    asking.submit(work)

def delays():
    play()
    time.sleep(1)
    return [painted[s] - ended[s] for s in painted if s in ended and s > 0]
"""


def opened(browser: BrowserContext, folder: Path) -> list[dict]:
    """From the address of `make lab` to moving backbones, with one click."""
    lab = FirstLab(folder)
    page = browser.new_page()
    try:
        began = time.perf_counter()
        page.goto(f"{lab.url}/lab/tree/01_first_look.ipynb?token={lab.token}")
        explorer = page.locator(".confdiff-explorer")
        explorer.locator(".plotly .heatmaplayer image").first.wait_for(timeout=60_000)
        there = time.perf_counter() - began
        view = explorer.locator("canvas").first
        before = wait_for_still_pixels(view)
        began = time.perf_counter()
        explorer.get_by_role("button", name="▶ Run").click()
        wait_for_pixels_to_change(view, before)
        moving = time.perf_counter() - began
    finally:
        page.close()
        lab.stop()
    return [
        {"what": "page of make lab asked for → Explorer", "value": there, "unit": "s", "aim": ""},
        {"what": "click on Run → other pixels", "value": moving, "unit": "s", "aim": "≤ 5"},
    ]


def measure(book: Notebook, runs: int) -> list[dict]:
    book.run(0)
    book.page.locator(".confdiff-explorer canvas").first.wait_for()
    book.run(1)
    delays = answer(book, f"sum((delays() for _ in range({LOOKS})), [])")
    painted = len(delays) / (40 * LOOKS)
    middle, late = np.percentile(delays, [50, 95]) * 1000
    bare = "bare(available_cores()), bare(available_cores() - 1)"
    paces = answer(book, f"[({bare}, pace()) for _ in range({PAIRS})]")
    alone, on_its_cores, watched = np.transpose(paces)
    before = memory(book)
    answer(book, f"[play() for _ in range({runs})]")
    after = memory(book)
    under_way = answer(book, "most_under_way")
    return [
        {"what": "step ended → painted, median", "value": middle, "unit": "ms", "aim": "≤ 60"},
        {"what": "step ended → painted, 95 %", "value": late, "unit": "ms", "aim": "≤ 150"},
        {"what": "steps that are painted", "value": painted, "unit": "of 1", "aim": ""},
        {"what": "steps with the Explorer", "value": np.median(watched), "unit": "1/s", "aim": ""},
        {"what": "with / without, on as many cores", "value": np.median(watched / on_its_cores),
         "unit": "", "aim": "≥ 0.85"},
        {"what": "with / without, which has all cores", "value": np.median(watched / alone),
         "unit": "", "aim": ""},
        {"what": f"kernel's memory over {40 * runs} steps",
         "value": after["kernel"] - before["kernel"], "unit": "MB", "aim": "no growth"},
        {"what": f"page's memory over {40 * runs} steps",
         "value": after["page"] - before["page"], "unit": "MB", "aim": "no growth"},
        {"what": "most pictures under way", "value": under_way, "unit": "", "aim": "≤ 1"},
    ]  # fmt: skip


def memory(book: Notebook) -> dict[str, float]:
    """MB after some runs, when all is drawn and what is not used is collected."""
    answer(book, "([play() for _ in range(10)], time.sleep(20))[1]")
    kernel = answer(book, "(gc.collect(), psutil.Process().memory_info().rss / 2**20)[1]")
    devtools = book.page.context.new_cdp_session(book.page)
    devtools.send("HeapProfiler.collectGarbage")
    page = book.page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    return {"kernel": kernel, "page": page}


def answer(book: Notebook, expression: str):
    """The value of an expression in the kernel, which may take long and leaves the kernel idle."""
    file = book.path.with_name("answer.json")
    book.execute(f"ask(lambda: {expression})")
    book.page.locator(".confdiff-explorer .cd-header").scroll_into_view_if_needed()
    while not file.exists():
        time.sleep(1)
    found = json.loads(file.read_text())
    file.unlink()
    if "error" in found:
        raise RuntimeError(found["error"])
    return found["value"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=125, help="of 40 steps, to see what grows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch_persistent_context(
            Path(folder) / "chromium",
            executable_path=chromium(),
            args=list(CHROMIUM_FLAGS),
            viewport={"width": 1280, "height": 800},
        )
        try:
            rows = opened(browser, Path(folder) / "first")
            book = Notebook(server, browser, "benchmark.ipynb", [SHOW, TOOLS])
            rows += measure(book, options.runs)
        finally:
            browser.close()
            server.stop()
    publish(
        "explorer",
        rows,
        "Explorer('chignolin') with 16 conformers and 40 steps a run on two cores, which the "
        f"sampler, OpenMM's workers and a Chromium without a GPU share; {LOOKS} runs for the "
        f"latency, {PAIRS} pairs for the throughput (medians of their ratios).",
    )


if __name__ == "__main__":
    main()
