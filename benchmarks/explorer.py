"""Measure latency, throughput and memory of the Explorer in JupyterLab and Chromium.

    python -m benchmarks.explorer [--runs 125]

Latency: from the end of a sampler step to the painted structures, by the clocks of the kernel and
the page on one machine. Throughput: relative to the same run without an Explorer, in alternation.
Growth: memory of the kernel and of the page, and frames in flight, over many runs. Opening: from
the request for the page of `make lab` to the Explorer, and from the click on ▶ Run to new pixels.
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
LATENCY_RUNS = 30
"""Number of runs whose latency is measured; each paints about six frames."""
PAIRS = 21
"""Number of runs with and without the Explorer; the ratio of one pair is precise to a tenth."""

TOOLS = """
import gc, json, os, time, traceback
from concurrent.futures import ThreadPoolExecutor
import psutil, torch
from confdiff_widgets.live import Status
from confdiff_widgets.live.threads import available_cores
from confdiff_widgets.sampling import Run

executor = ThreadPoolExecutor(1)  # a single thread, because each new thread allocates memory
player, viewer = explorer.session.player, explorer.viewer
ended, shown, painted, max_in_flight = {}, {}, {}, 0
show = viewer.show

def note_step(player):
    if player.state is not None and player.state.step not in ended:
        ended[player.state.step] = time.time()

def note_shown(*given, **named):
    viewer.step = explorer._controller.state.frame.step
    show(*given, **named)

def note_scene(change):
    global max_in_flight
    shown[change["new"]["number"]] = getattr(viewer, "step", 0)
    parts = viewer, explorer._scheduler
    max_in_flight = max(max_in_flight, *(part._backpressure.in_flight for part in parts))

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
    for times in (ended, shown, painted):
        times.clear()
    explorer.session.play()
    assert player.wait(Status.FINISHED)

def pace():
    "Steps per second with the Explorer, without the first step."
    play()
    steps = sorted(ended)
    return (len(steps) - 2) / (ended[steps[-1]] - ended[steps[1]])

def bare_pace(count):
    "Steps per second without the Explorer on some cores, while the page is open and idle."
    system, config = explorer.session.system, explorer.session.config
    torch.set_num_threads(count)
    physical = system.load_physical(config.guidance, "cpu")
    run = Run(system.load_networks("cpu"), system.sequence, config, physical=physical)
    times = []
    for _ in run:
        times.append(time.perf_counter())
    return (len(times) - 1) / (times[-1] - times[0])

def ask(job):
    "Run a job in a thread, so that the kernel is idle as in normal use; write a file."
    def work():
        time.sleep(2)  # until the Explorer is visible again
        try:
            value = json.dumps({"value": job()})
        except Exception:
            value = json.dumps({"error": traceback.format_exc()})
        with open("answer.tmp", "w") as file:
            file.write(value)
        os.replace("answer.tmp", "answer.json")
    executor.submit(work)

def delays():
    play()
    time.sleep(1)
    return [painted[s] - ended[s] for s in painted if s in ended and s > 0]
"""


def opened(browser: BrowserContext, folder: Path) -> list[dict]:
    """Measure the time from opening the page of `make lab` to moving backbones."""
    lab = FirstLab(folder)
    page = browser.new_page()
    try:
        start = time.perf_counter()
        page.goto(f"{lab.url}/lab/tree/01_first_look.ipynb?token={lab.token}")
        explorer = page.locator(".confdiff-explorer")
        explorer.locator(".plotly .heatmaplayer image").first.wait_for(timeout=60_000)
        opening = time.perf_counter() - start
        view = explorer.locator("canvas").first
        before = wait_for_still_pixels(view)
        start = time.perf_counter()
        explorer.get_by_role("button", name="▶ Run").click()
        wait_for_pixels_to_change(view, before)
        moving = time.perf_counter() - start
    finally:
        page.close()
        lab.stop()
    return [
        {"quantity": "page requested → Explorer", "value": opening, "unit": "s", "target": ""},
        {"quantity": "click on Run → new pixels", "value": moving, "unit": "s", "target": "≤ 5"},
    ]


def measure(book: Notebook, runs: int) -> list[dict]:
    """Measure latency, throughput and growth."""
    book.run(0)
    book.page.locator(".confdiff-explorer canvas").first.wait_for()
    book.run(1)
    delays = answer(book, f"sum((delays() for _ in range({LATENCY_RUNS})), [])")
    painted = len(delays) / (40 * LATENCY_RUNS)
    middle, late = np.percentile(delays, [50, 95]) * 1000
    bare = "bare_pace(available_cores()), bare_pace(available_cores() - 1)"
    paces = answer(book, f"[({bare}, pace()) for _ in range({PAIRS})]")
    all_cores, same_cores, with_explorer = np.transpose(paces)
    before = memory(book)
    answer(book, f"[play() for _ in range({runs})]")
    after = memory(book)
    in_flight = answer(book, "max_in_flight")
    return [
        {"quantity": "step ended → painted, median", "value": middle, "unit": "ms",
         "target": "≤ 60"},
        {"quantity": "step ended → painted, 95 %", "value": late, "unit": "ms", "target": "≤ 150"},
        {"quantity": "fraction of steps painted", "value": painted, "unit": "", "target": ""},
        {"quantity": "steps with the Explorer", "value": np.median(with_explorer), "unit": "1/s",
         "target": ""},
        {"quantity": "with / without, on equally many cores",
         "value": np.median(with_explorer / same_cores),
         "unit": "", "target": "≥ 0.85"},
        {"quantity": "with / without, the latter on all cores",
         "value": np.median(with_explorer / all_cores),
         "unit": "", "target": ""},
        {"quantity": f"growth of the kernel over {40 * runs} steps",
         "value": after["kernel"] - before["kernel"], "unit": "MB", "target": "no growth"},
        {"quantity": f"growth of the page over {40 * runs} steps",
         "value": after["page"] - before["page"], "unit": "MB", "target": "no growth"},
        {"quantity": "most frames in flight", "value": in_flight, "unit": "", "target": "≤ 1"},
    ]  # fmt: skip


def memory(book: Notebook) -> dict[str, float]:
    """Return the memory (MB) of kernel and page after some runs and a garbage collection."""
    answer(book, "([play() for _ in range(10)], time.sleep(20))[1]")
    kernel = answer(book, "(gc.collect(), psutil.Process().memory_info().rss / 2**20)[1]")
    devtools = book.page.context.new_cdp_session(book.page)
    devtools.send("HeapProfiler.collectGarbage")
    page = book.page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    return {"kernel": kernel, "page": page}


def answer(book: Notebook, expression: str):
    """Evaluate an expression in the kernel, in a thread that leaves the kernel idle."""
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
    parser.add_argument("--runs", type=int, default=125, help="runs of 40 steps, to measure growth")
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
        "Explorer('chignolin') with 16 conformers and 40 steps per run on two cores, shared by the "
        f"sampler, the OpenMM worker and a Chromium without a GPU. {LATENCY_RUNS} runs for the "
        f"latency, {PAIRS} pairs for the throughput (medians of their ratios).",
    )


if __name__ == "__main__":
    main()
