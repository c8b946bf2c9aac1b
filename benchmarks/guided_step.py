"""Compare the time of a guided step with another checkout, at the published and the bundled size.

    python benchmarks/guided_step.py --before PATH [--threads N] [--repeats N]

Steps of both checkouts alternate, so that both see the same load; each pair yields one ratio
after / before. γ = 0.8, η = 1 with a force head on the conditional network, random weights. Writes
benchmarks/results/guided_step.{md,json}.
"""

from __future__ import annotations

import argparse
import contextlib
from functools import partial
from pathlib import Path

import torch
from _checkout import Probe
from _report import publish
from compare_commits import ROOT, commit, compare, row

SHAPES = {
    "published": ((4, 35), (16, 35), (4, 58), (1, 150)),
    "bundled": ((16, 10), (64, 10)),
}
PROBE = """
import json, sys, time
import torch
import confdiff_widgets
from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.guidance.released_heads import ReleasedForceGuidance
from confdiff_widgets.models.checkpoints import _without_head
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import Features
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.training.recipe import BUNDLED_SIZE

torch.set_num_threads(int(sys.argv[1]))
SIZES = {
    "published": {"node_repr": 1024, "pair_repr": 128},
    "bundled": {"node_repr": 20, **BUNDLED_SIZE},
}

def make(size, batch, length):
    torch.manual_seed(0)
    sizes = SIZES[size]
    pair = torch.randn(length, length, 128) if "pair_repr" in sizes else None
    features = Features(torch.randn(length, sizes["node_repr"]), pair)
    head = ScoreNetwork(NetworkConfig(**sizes, head="force")).eval().requires_grad_(False)
    free = {**sizes, "node_repr": 0, "pair_repr": 0}
    free = ScoreNetwork(NetworkConfig(**free)).eval().requires_grad_(False)
    cfg = ClassifierFreeGuidance(
        ConfDiffModel(_without_head(head), features), ConfDiffModel(free)
    )
    config = SamplerConfig(samples=batch, steps=1000, gamma=0.8, eta=1.0, guidance="force")
    physical = ReleasedForceGuidance(ConfDiffModel(head, features))
    return Run(cfg, "A" * length, config, physical=physical, keep_every=10**9)

runs = {}
print(confdiff_widgets.__file__, flush=True)
for line in sys.stdin:
    key = tuple(json.loads(line))
    if key not in runs:
        runs.clear()
        runs[key] = make(*key)
        runs[key].step()
    start = time.process_time()
    runs[key].step()
    print(json.dumps([time.process_time() - start]), flush=True)
"""
"""Program that runs in each checkout: processor time of one step."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="checkout to compare with")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error(f"--repeats is {options.repeats}. Give 1 or more.")
    torch.set_num_threads(options.threads)
    trees = options.before.resolve(), ROOT.resolve()
    rows = []
    with contextlib.ExitStack() as stack:
        before, after = (stack.enter_context(Probe(tree, PROBE, options.threads)) for tree in trees)
        for size, shapes in SHAPES.items():
            for batch, length in shapes:
                case = (size, batch, length)
                (pairs,) = compare(partial(before, *case), partial(after, *case), options.repeats)
                rows.append(row(f"{size}, {batch} x {length}", "ms", pairs))
    publish(
        "guided_step",
        rows,
        f"Processor time of a step of commit {commit(trees[1])} (after) and {commit(trees[0])} "
        f"(before), {options.threads} thread(s): conformers x residues, γ = 0.8, force guidance, "
        f"random weights, fp32. Medians of {options.repeats} repeats that alternate between the "
        "commits; ratios are those of single repeats.",
    )


if __name__ == "__main__":
    main()
