"""Train the energy surrogate of a protein on the labels of ``label_predictions.py``, and bundle it.

    python recipes/energy_surrogate.py chignolin LABELS

The predictions of whole runs are held out in turn (cross-validation), so that the stated errors are
those of runs that the surrogate has not seen; the bundled one is trained on all of them. Also
bundles the minimised energies of the MD frames.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from label_predictions import read_labels
from scipy.stats import spearmanr

from confdiff_widgets import proteins
from confdiff_widgets.geometry.atom14 import frames_and_torsions
from confdiff_widgets.geometry.residues import encode_sequence, residue_tables
from confdiff_widgets.physics.surrogate import EnergySurrogate, SurrogateError, features
from confdiff_widgets.proteins.minimised_energies import MinimisedEnergies

PACKAGE = Path(__file__).parents[1] / "confdiff_widgets" / "proteins"
RANGES = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0))
STEPS = 300
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1.0
ENERGY_SCALE = 40.0
"""Distance from the median (kcal/mol) from which energies count logarithmically."""

NOISE = 0.5
"""Standard deviation of noise on the normalised features."""


def inputs_of(sequence: str, atom14: np.ndarray, t: np.ndarray) -> torch.Tensor:
    """Return the features of structures (N, L, 14, 3)."""
    tables, aatype = residue_tables(), encode_sequence(sequence)
    mask = tables.atom_mask[aatype].expand(len(atom14), -1, -1)
    frames, torsions, _ = frames_and_torsions(torch.from_numpy(atom14), mask, aatype)
    times = torch.from_numpy(t.astype(np.float32))
    return features(frames, torsions, times, tables.chi_mask[aatype])


def train(sequence: str, inputs: torch.Tensor, energy: torch.Tensor) -> EnergySurrogate:
    """Train on features (N, F) and energies (N,)."""
    torch.manual_seed(0)
    surrogate = EnergySurrogate(sequence)
    surrogate.mean.copy_(inputs.mean(0))
    surrogate.sd.copy_(inputs.std(0).clamp_min(1e-3))
    surrogate.energy_centre.copy_(energy.median())
    surrogate.energy_scale.fill_(ENERGY_SCALE)
    target = torch.asinh((energy - surrogate.energy_centre) / surrogate.energy_scale)
    surrogate.limits.copy_(torch.stack([target.min(), target.max()]))
    optimiser = torch.optim.AdamW(
        surrogate.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        noisy = inputs + NOISE * surrogate.sd * torch.randn_like(inputs)
        loss = torch.nn.functional.smooth_l1_loss(
            surrogate.reduced(noisy), target.expand(surrogate.first.shape[0], -1), beta=0.5
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return surrogate.requires_grad_(False)


def held_out(
    sequence: str, inputs: torch.Tensor, energy: torch.Tensor, run: np.ndarray
) -> np.ndarray:
    """Return the estimate of each structure by a surrogate that has not seen its run."""
    found = np.zeros(len(energy))
    for part in range(4):
        out = torch.from_numpy(run % 4 == part)
        surrogate = train(sequence, inputs[~out], energy[~out])
        found[out] = surrogate.energy(inputs[out]).numpy()
    return found


def errors_of(t: np.ndarray, energy: np.ndarray, found: np.ndarray) -> tuple[SurrogateError, ...]:
    errors = []
    for low, high in RANGES:
        chosen = (t >= low) & ((t < high) | (high == 1.0))
        error = np.abs(found - energy)[chosen]
        errors.append(
            SurrogateError(
                low,
                high,
                int(chosen.sum()),
                round(float(error.mean()), 1),
                round(float(np.median(error)), 1),
                round(float(spearmanr(found[chosen], energy[chosen]).statistic), 3),
            )
        )
    return tuple(errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protein", choices=proteins.names())
    parser.add_argument("labels", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    name, sequence = options.protein, proteins.get(options.protein).sequence
    labels = read_labels(name, "predictions", options.labels)
    inputs = inputs_of(sequence, labels["atom14"], labels["t"])
    energy = torch.from_numpy(labels["energy"].astype(np.float32))
    found = held_out(sequence, inputs, energy, labels["run"])
    surrogate = train(sequence, inputs, energy)
    surrogate.errors = errors_of(labels["t"], labels["energy"], found)
    path = PACKAGE / "weights" / f"surrogate_{name}.safetensors"
    surrogate.save(path)
    for error in surrogate.errors:
        print(error)
    overall = spearmanr(found, labels["energy"]).statistic
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB, {len(energy)} labels, rank {overall:.3f}")
    md = read_labels(name, "md", options.labels)
    MinimisedEnergies(md["index"], md["energy"]).save(PACKAGE / "data" / name / "minimised.npz")


if __name__ == "__main__":
    main()
