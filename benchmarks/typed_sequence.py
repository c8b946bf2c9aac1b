"""Time from a typed sequence to conformers, in the Explorer and on the command line.

    python -m benchmarks.typed_sequence [--repeats 3]

Explorer: in JupyterLab and Chromium, from Enter in the field "Protein" and the click on ▶ Run to a
backbone that moves on the screen. Command line: `confdiff sample SEQUENCE -n 64` in a new process.
Writes benchmarks/results/typed_sequence.{md,json}.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks._report import publish
from tests.browser.explorer import Page
from tests.browser.lab import CHROMIUM_FLAGS, Notebook, Server, chromium
from tests.browser.pixels import pixels, wait_for_pixels_to_change, wait_for_still_pixels

SHOW = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", samples=16, steps=40, folder=None)
e
"""
SEQUENCES = ("GYDPETGTWA", "GYDPETGTWN", "GYDPETGTWS", "GYDPETGTWT", "GYDPETGTWV")


def typed(folder: Path, repeats: int) -> list[float]:
    """Return the times (s) from typed sequences to moving backbones."""
    server = Server(folder)
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            folder / "chromium",
            executable_path=chromium(),
            args=list(CHROMIUM_FLAGS),
            viewport={"width": 1280, "height": 720},
        )
        explorer = Page(Notebook(server, browser, "typed.ipynb", [SHOW]))
        for sequence in SEQUENCES[:repeats]:
            explorer.root.get_by_text("Protein and sampler").click()
            field = explorer.root.get_by_placeholder("name, sequence or file")
            field.fill(sequence)
            former = explorer.viewer.element_handle()
            begin = time.monotonic()
            field.press("Enter")
            former.wait_for_element_state("hidden")
            explorer.root.locator(".cd-header").get_by_text(sequence).wait_for()
            explorer.viewer.wait_for()
            before = pixels(explorer.viewer)
            explorer.button("▶ Run").click()
            wait_for_pixels_to_change(explorer.viewer, before)
            times.append(time.monotonic() - begin)
            explorer.wait_for_status("finished")
            wait_for_still_pixels(explorer.viewer)
        browser.close()
    server.stop()
    return times


def sampled(folder: Path, repeats: int) -> list[float]:
    """Return the times (s) of 64 conformers of ten residues on the command line."""
    times = []
    for sequence in SEQUENCES[:repeats]:
        command = [Path(sys.executable).with_name("confdiff"), "sample", sequence, "-n", "64"]
        begin = time.monotonic()
        subprocess.run([*command, "--out", folder / f"{sequence}.pdb"], check=True)
        times.append(time.monotonic() - begin)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3, choices=range(1, len(SEQUENCES) + 1))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        measured = {
            "typed sequence to moving backbone": typed(Path(folder), options.repeats),
            "confdiff sample SEQUENCE -n 64": sampled(Path(folder), options.repeats),
        }
    rows = [
        {"what": what, "median (s)": float(np.median(times)), "longest (s)": max(times)}
        for what, times in measured.items()
    ]
    publish(
        "typed_sequence",
        rows,
        f"Sequences of ten residues, {options.repeats} of them, 16 conformers in the Explorer. "
        "Chromium draws in software.",
    )


if __name__ == "__main__":
    main()
