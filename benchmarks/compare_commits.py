"""Compare the speed of sampling and start-up with another checkout.

    python benchmarks/compare_commits.py --before PATH [--repeats N]

Each repeat measures both checkouts in alternation, so that both see the same load, and yields one
ratio after / before. Measured are steps and network evaluations (bundled chignolin, 16 conformers,
γ = 0.8, without guidance and with force guidance) and the start of Python programs. Writes
benchmarks/results/compare_commits.{md,json}.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from _checkout import Probe, environment
from _report import publish

ROOT = Path(__file__).parents[1]
GUIDANCE = {"none": "unguided", "force": "force guidance"}
CLI = "from confdiff_widgets.cli import app; app()"
SAMPLE = ["sample", "chignolin", "-n", "1", "-o", "out.npz"]
COMMANDS = {
    "import confdiff_widgets": ["-c", "import confdiff_widgets"],
    "confdiff --help": ["-c", CLI, "--help"],
    "confdiff sample chignolin -n 1": ["-c", CLI, *SAMPLE],
}
PROBE = """
import json, statistics, sys, time
import torch
import confdiff_widgets
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.sampling import Run, SamplerConfig

torch.set_num_threads(1)
evaluations, forward = [], ScoreNetwork.forward

def timed_forward(*args, **kwargs):
    start = time.process_time()
    prediction = forward(*args, **kwargs)
    evaluations.append(time.process_time() - start)
    return prediction

ScoreNetwork.forward = timed_forward

def load(guidance):
    try:
        from confdiff_widgets.proteins.system import load_system
    except ImportError:  # checkouts without systems
        from confdiff_widgets import proteins
        protein = proteins.get("chignolin")
        physical = None if guidance == "none" else protein.physical(guidance)
        return protein.sequence, protein.mix(), physical
    system = load_system("chignolin")
    physical = None if guidance == "none" else system.load_physical(guidance)
    return system.sequence, system.load_networks(), physical

def measure(guidance):
    sequence, networks, physical = load(guidance)
    eta = 0.0 if physical is None else 1.0
    config = SamplerConfig(samples=16, gamma=0.8, eta=eta, guidance=guidance, seed=0)
    run = Run(networks, sequence, config, physical=physical, keep_every=10**9)
    rows = []
    for _ in range(config.steps):
        evaluations.clear()
        start = time.process_time()
        run.step()
        step = time.process_time() - start
        rows.append((step, statistics.mean(evaluations), step / sum(evaluations)))
    return [statistics.median(column) for column in zip(*rows)]

print(confdiff_widgets.__file__, flush=True)
for line in sys.stdin:
    print(json.dumps(measure(*json.loads(line))), flush=True)
"""
"""Program that runs in each checkout: median step time, evaluation time and their ratio."""


def start_up(checkout: Path, arguments: list[str]) -> list[float]:
    """Return the processor time (s) of a Python program that runs in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, *arguments],
            env=environment(checkout),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [end.ru_utime - start.ru_utime + end.ru_stime - start.ru_stime]


def compare(
    before: Callable[[], list[float]], after: Callable[[], list[float]], repeats: int
) -> list[list[tuple[float, float]]]:
    """Return the pairs (before, after) of each quantity; the first, warm-up repeat is dropped."""
    pairs = []
    for repeat in range(repeats + 1):
        if repeat % 2:
            second, first = after(), before()
        else:
            first, second = before(), after()
        pairs.append(list(zip(first, second, strict=True)))
    return [list(column) for column in zip(*pairs[1:], strict=True)]


def row(name: str, unit: str, pairs: list[tuple[float, float]]) -> dict:
    """Return a row of the table: medians, and the median and range of the ratios."""
    scale = 1e3 if unit == "ms" else 1.0
    ratios = [after / before for before, after in pairs]
    return {
        "measurement": name,
        "unit": unit,
        "before": scale * statistics.median(before for before, _ in pairs),
        "after": scale * statistics.median(after for _, after in pairs),
        "after / before": statistics.median(ratios),
        "lowest ratio": min(ratios),
        "highest ratio": max(ratios),
    }


def commit(checkout: Path) -> str:
    """Return the abbreviated commit of a checkout."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def read_options(about: str, repeats: int) -> tuple[Path, Path, int]:
    """Return both checkouts and the number of repeats from the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--before", type=Path, required=True, help="checkout to compare with")
    parser.add_argument("--repeats", type=int, default=repeats)
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error(f"--repeats is {options.repeats}. Give 1 or more.")
    return options.before.resolve(), ROOT.resolve(), options.repeats


def start_up_rows(
    commands: dict[str, list[str]], before: Path, after: Path, repeats: int
) -> list[dict]:
    """Return a row for each command: its processor time in both checkouts, in alternation."""
    rows = []
    for label, arguments in commands.items():
        start_before, start_after = (partial(start_up, tree, arguments) for tree in (before, after))
        (seconds,) = compare(start_before, start_after, repeats)
        rows.append(row(label, "s", seconds))
    return rows


def main() -> None:
    before, after, repeats = read_options(__doc__.splitlines()[0], 15)
    rows = []
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(Probe(checkout, PROBE)) for checkout in (before, after)]
        for guidance, label in GUIDANCE.items():
            measure_before, measure_after = (partial(probe, guidance) for probe in probes)
            steps, evaluations, ratios = compare(measure_before, measure_after, repeats)
            rows += [
                row(f"step, {label}", "ms", steps),
                row(f"network evaluation, {label}", "ms", evaluations),
                row(f"step / its evaluations, {label}", "", ratios),
            ]
    rows += start_up_rows(COMMANDS, before, after, repeats)
    publish(
        "compare_commits",
        rows,
        f"Processor time of commit {commit(after)} (after) and {commit(before)} (before), one "
        "thread each. Bundled chignolin, 16 conformers, γ = 0.8, η = 1 with force guidance, the "
        "default solver and number of steps. An evaluation is the mean over the networks of a "
        f"step. Medians of {repeats} repeats that alternate between the commits; ratios "
        "are those of single repeats.",
    )


if __name__ == "__main__":
    main()
