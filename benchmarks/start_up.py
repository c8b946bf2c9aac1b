"""Measure the start of the command line and of the Explorer, and profile imports and assets.

    python benchmarks/start_up.py --before PATH [--repeats N]

Measures processor time in alternation with another checkout, so that both see the same load, lists
the packages that take longest to import for the Explorer, and the sizes of the scripts and styles
that the Explorer sends to the page. Writes benchmarks/results/start_up.{md,json}.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from _checkout import environment
from _report import publish
from compare_commits import CLI, SAMPLE, commit, read_options, start_up_rows

EXPLORER = "from confdiff_widgets import Explorer"
COMMANDS = {
    "confdiff sample chignolin -n 1": ["-c", CLI, *SAMPLE],
    EXPLORER: ["-c", EXPLORER],
}
LARGEST = 8
"""Number of packages in the profile of imports."""
IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| *([^.\s]+)")


def imports(checkout: Path) -> str:
    """Describe the packages that take the largest shares of the imports of the Explorer."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", EXPLORER],
        env=environment(checkout), cwd=checkout, capture_output=True, text=True, check=True,
    )  # fmt: skip
    shares: Counter[str] = Counter()
    for microseconds, package in IMPORT.findall(done.stderr):
        shares[package] += int(microseconds)
    total = shares.total()
    return ", ".join(f"{name} {time / total:.0%}" for name, time in shares.most_common(LARGEST))


def assets(checkout: Path) -> str:
    """Describe the sizes of the files that the widgets send to the page."""
    folder = checkout / "confdiff_widgets" / "widgets" / "static"
    files = [path.read_bytes() for path in sorted(folder.glob("*.*s"))]
    packed = sum(len(gzip.compress(content)) for content in files)
    return f"{len(files)} files, {sum(map(len, files)) / 1e3:.0f} kB ({packed / 1e3:.0f} kB gzip)"


def main() -> None:
    before, after, repeats = read_options(__doc__.splitlines()[0], 10)
    publish(
        "start_up",
        start_up_rows(COMMANDS, before, after, repeats),
        f"Processor time of commit {commit(after)} (after) and {commit(before)} (before), one "
        f"thread each. Medians of {repeats} repeats that alternate between the commits.\n\n"
        f"Imports of the Explorer, shares of the time: {imports(before)} before, {imports(after)} "
        f"after.\n\nScripts and styles of the widgets: {assets(after)}.",
    )


if __name__ == "__main__":
    main()
