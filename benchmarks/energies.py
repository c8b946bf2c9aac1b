"""Measure raw and minimised energies per second, with one worker and two.

    python benchmarks/energies.py [--seconds S]

Prints a table and writes benchmarks/results/energies.{md,json}.
"""

from __future__ import annotations

import argparse
import time
from queue import SimpleQueue

import numpy as np
import psutil
import torch
from _report import publish

from confdiff_widgets import proteins
from confdiff_widgets.geometry.atom14 import build_atom14
from confdiff_widgets.geometry.residues import encode_sequence
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.physics import EnergyConfig, EnergyPool, EnergyResult, choose_platform
from confdiff_widgets.sampling import Run, SamplerConfig

COUNT = 16
BPTI = "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA"


def sampled(name: str) -> tuple[str, np.ndarray]:
    """Sample a bundled protein; return its sequence and heavy atoms (16, L, 14, 3), Å."""
    protein = proteins.get(name)
    run = Run(protein.load_networks(), protein.sequence, SamplerConfig(samples=COUNT, seed=0))
    for _ in run:
        pass
    return protein.sequence, run.ensemble().atom14.numpy()


def extended(sequence: str) -> tuple[str, np.ndarray]:
    """Build extended chains with trans side chains and 0.1 Å of noise on each heavy atom."""
    length = len(sequence)
    slopes = np.radians(32) * (-1) ** np.arange(3 * length)
    bonds = np.tile([1.46, 1.52, 1.33], length)[:, None]
    ends = np.cumsum(bonds * np.stack([np.cos(slopes), np.sin(slopes), 0 * slopes], -1), axis=0)
    frames = Rigid.from_backbone(*torch.from_numpy(ends).unflatten(0, (length, 3)).unbind(1))
    trans = torch.tensor([0.0, -1.0], dtype=torch.float64).expand(length, 7, 2)
    conformer = build_atom14(frames, trans, encode_sequence(sequence)).numpy()
    noise = np.random.default_rng(0).normal(scale=0.1, size=(COUNT, *conformer.shape))
    return sequence, conformer + noise


def measure(name: str, sequence: str, conformers: np.ndarray, seconds: float) -> list[dict]:
    """Return one row for raw and one for minimised energies."""
    rows = []
    for minimise in (False, True):
        row: dict = {
            "protein": name,
            "residues": len(sequence),
            "energy": "minimised" if minimise else "raw",
        }
        for workers in (1, 2):
            rate, busy, energies = run_pool(sequence, conformers, minimise, workers, seconds)
            row[f"{workers} worker{'s' * (workers > 1)} (conformers/s)"] = rate
        row["processor time (s/conformer)"] = busy
        row["median U (kcal/mol)"] = float(np.nanmedian(energies))
        rows.append(row)
    return rows


def run_pool(
    sequence: str, conformers: np.ndarray, minimise: bool, workers: int, seconds: float
) -> tuple[float, float, list[float]]:
    """Return conformers per second, processor time per conformer (s), and the energies."""
    received: SimpleQueue[EnergyResult] = SimpleQueue()
    config = EnergyConfig(minimise=minimise)
    with EnergyPool(sequence, config, on_result=received.put, workers=workers) as pool:
        empty = np.full_like(conformers[:1], np.nan).repeat(workers, axis=0)
        pool.submit(empty, range(workers))  # starts the workers without computing an energy
        for _ in range(workers):
            received.get()
        idle, start = processor_time(), time.perf_counter()
        for _ in range(1000 // COUNT):
            pool.submit(conformers, range(len(conformers)))
        energies: list[float] = []
        while (elapsed := time.perf_counter() - start) < seconds or len(energies) < workers:
            energies.append(received.get().energy)
        return len(energies) / elapsed, (processor_time() - idle) / len(energies), energies


def processor_time() -> float:
    """Return the user time of the child processes, s."""
    return sum(child.cpu_times().user for child in psutil.Process().children())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="time per measurement, s")
    seconds = parser.parse_args().seconds
    rows = [
        *measure("chignolin", *sampled("chignolin"), seconds),
        *measure("Trp-cage", *sampled("trp-cage"), seconds),
        *measure("BPTI", *extended(BPTI), seconds),
    ]
    publish(
        "energies",
        rows,
        "Conformers of the bundled networks (BPTI: extended chains with noise of 0.1 Å), ff14SB "
        f"with GBn2 on OpenMM's {choose_platform('auto')[0]} platform, one thread per worker. The "
        "two cores of the machine were shared with other programs; on an idle machine the rate is "
        "close to the inverse of the processor time.",
    )


if __name__ == "__main__":
    main()
