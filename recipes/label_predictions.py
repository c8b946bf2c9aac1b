"""Label predicted structures x̂₀ of all t, and frames of the MD, with minimised energies.

    python recipes/label_predictions.py chignolin LABELS --count 1000
    python recipes/label_predictions.py chignolin LABELS --count 300 --md MD_FOLDER

Writes the structures to LABELS/chignolin-predictions.npz or chignolin-md.npz, and the energies to a
file next to it that ends in .jsonl. Run the same command again to resume. ``energy_surrogate.py``
uses what there is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from bundle_references import SOURCES

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import load_atom14
from confdiff_widgets.geometry.atom14 import build_atom14
from confdiff_widgets.geometry.residues import encode_sequence
from confdiff_widgets.physics import EnergyConfig
from confdiff_widgets.physics.evaluator import EnergyEvaluator
from confdiff_widgets.physics.journal import Journal
from confdiff_widgets.physics.molecule import make_molecule
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig

RUNS = {"chignolin": 12, "trp-cage": 6}
BATCH = 16
STEPS = {"chignolin": 40, "trp-cage": 20}
KINDS = ("temperature", "temperature", "temperature", "none", "temperature", "force")
"""Guidance of the runs; temperature guidance is the default of the Explorer."""


def sample_predictions(name: str, count: int) -> dict[str, np.ndarray]:
    """Sample runs with different γ and η, and choose x̂₀ of random steps and conformers."""
    system = load_system(name)
    aatype = encode_sequence(system.sequence)
    generator = np.random.default_rng(0)
    rows: dict[str, list] = {"atom14": [], "t": [], "run": []}
    runs, steps = RUNS[name], STEPS[name]
    weights = np.repeat(np.arange(1.0, steps + 1), BATCH)  # late steps count most for the user
    weights /= weights.sum()
    for number in range(runs):
        kind = KINDS[number % len(KINDS)]
        config = SamplerConfig(
            samples=BATCH,
            steps=steps,
            seed=number,
            gamma=1.0 if number % 2 else float(generator.uniform(0.6, 1.2)),
            eta=0.0 if kind == "none" else float(generator.uniform(0, 1)),
            guidance=kind,
        )
        run = Run(
            system.load_networks("cpu", kind),
            system.sequence,
            config,
            physical=system.load_physical(kind),
        )
        states = list(run)
        part = count // runs + (number < count % runs)
        for place in generator.choice(steps * BATCH, part, replace=False, p=weights):
            state, conformer = states[place // BATCH], place % BATCH
            assert state.evaluation is not None
            frames = state.rigid if state.t == 0 else state.evaluation.frames
            atoms = build_atom14(frames.center(), state.evaluation.side_chains, aatype)
            rows["atom14"].append(atoms[conformer].float().numpy())
            rows["t"].append(state.evaluated_t if state.t else 0.0)
            rows["run"].append(number)
        print(f"run {number + 1} of {runs}", flush=True)
    return {key: np.array(values) for key, values in rows.items()}


def choose_md_frames(name: str, count: int, md: Path) -> dict[str, np.ndarray]:
    """Choose random frames of the bundled reference, with all heavy atoms of the simulation."""
    reference = proteins.get(name).reference()
    folder = md / SOURCES[name].folder
    index = np.random.default_rng(0).choice(len(reference.frames), count, replace=False)
    atoms = np.zeros((count, *reference.folded.shape), dtype=np.float32)
    for replica in np.unique(reference.frame_replica[index]):
        file = sorted(folder.glob("remd_*.xtc"))[replica]
        positions = load_atom14(file, topology=folder / "topology.pdb").positions.numpy()
        mine = np.flatnonzero(reference.frame_replica[index] == replica)
        frames = np.round(reference.time_ps[index[mine]] / 20).astype(int)
        atoms[mine] = positions[frames]
        ca = atoms[mine][:, :, 1] - atoms[mine][:, :, 1].mean(1, keepdims=True)
        assert np.abs(ca - reference.frames[index[mine], :, 1]).max() < 0.02
    return {"atom14": atoms, "index": index}


def label(sequence: str, arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write the minimised energy of each structure to a journal."""
    count = len(arrays["atom14"])
    config = EnergyConfig(platform="CPU")
    evaluator = EnergyEvaluator(make_molecule(sequence, config.force_field), config)
    with Journal(path, f"{sequence} {count}", count, len(sequence)) as journal:
        order = np.random.default_rng(1).permutation(count)  # so that a part of it is a sample
        for i in order:
            if i not in journal.results:
                journal.add(evaluator(int(i), arrays["atom14"][i]))
                print(f"{len(journal.results)} of {count}", flush=True)


def read_labels(protein: str, kind: str, folder: Path) -> dict[str, np.ndarray]:
    """Return the structures that have an energy so far, and their energies in kcal/mol."""
    arrays = dict(np.load(folder / f"{protein}-{kind}.npz"))
    sequence, count = proteins.get(protein).sequence, len(arrays["atom14"])
    path = folder / f"{protein}-{kind}.jsonl"
    with Journal(path, f"{sequence} {count}", count, len(sequence)) as journal:
        energy = {i: r.energy for i, r in journal.results.items() if np.isfinite(r.energy)}
    known = np.array(sorted(energy))
    return {key: values[known] for key, values in arrays.items()} | {
        "energy": np.array([energy[i] for i in known])
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protein", choices=proteins.names())
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--md", type=Path, help="label frames of this MD instead of predictions")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    kind = "predictions" if options.md is None else "md"
    structures = options.out / f"{options.protein}-{kind}.npz"
    if structures.exists():
        arrays = dict(np.load(structures))
    else:
        if options.md is None:
            arrays = sample_predictions(options.protein, options.count)
        else:
            arrays = choose_md_frames(options.protein, options.count, options.md)
        np.savez_compressed(structures, **arrays)
    sequence = proteins.get(options.protein).sequence
    label(sequence, arrays, structures.with_suffix(".jsonl"))


if __name__ == "__main__":
    main()
