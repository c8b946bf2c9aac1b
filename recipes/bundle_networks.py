"""Copy trained networks and their training logs into the package, in half precision.

    python recipes/bundle_networks.py conditional=runs/conditional force_chignolin=runs/force ...
    python recipes/bundle_networks.py --peptides recipes/thermal_conditional.toml MD_FOLDER

Names: conditional, unconditional, thermal_conditional, thermal_unconditional, and force_PROTEIN or
energy_PROTEIN for guidance heads. The second form lists the training peptides of a recipe. Evaluate
networks with ``python benchmarks/quality.py``, ``guidance.py`` or ``temperature.py`` before
committing them.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from confdiff_widgets.models.checkpoints import load_network, save_network
from confdiff_widgets.training.peptides import PeptideFile
from confdiff_widgets.training.recipe import load_recipe

WEIGHTS = Path(__file__).parents[1] / "confdiff_widgets" / "proteins" / "weights"
LOG_ROWS = 20
"""Approximate number of rows of a log."""


def log_table(losses: Path) -> str:
    """Return evenly spaced rows of a loss log and its last row as a Markdown table."""
    with losses.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows = rows[:: -(-len(rows) // LOG_ROWS)] + rows[-1:]
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + " --: |" * len(heads)]
    lines += ["| " + " | ".join(f"{float(r[h]):.4g}" for h in heads) + " |" for r in rows]
    return "\n".join(lines)


def write_peptides(recipe: str, data: str) -> None:
    """List the sequences of the peptides of a recipe."""
    entries = load_recipe(recipe, data=data).proteins
    sequences = [entry.name.split("_")[1] for entry in entries if isinstance(entry, PeptideFile)]
    lines = ",\n".join(f"  {json.dumps(sequence)}" for sequence in sequences)
    (WEIGHTS / "thermal_peptides.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(sequences)} peptides")


def main(pairs: list[str]) -> None:
    for name, folder in (pair.split("=", 1) for pair in pairs):
        source = Path(folder)
        network, representation = load_network(source / "network.safetensors")
        expected = None if name.endswith("unconditional") else "one-hot"
        if representation != expected:
            raise SystemExit(
                f"{folder} holds a network with representation {representation}. {name} needs "
                f"{expected}."
            )
        weights = {key: value.half() for key, value in network.state_dict().items()}
        save_network(
            WEIGHTS / f"{name}.safetensors",
            network.config,
            weights,
            representation=representation,
        )
        count = sum(parameter.numel() for parameter in network.parameters())
        (WEIGHTS / f"{name}_log.md").write_text(
            f"# {name} network\n\n{count} parameters, {network.config}\n\n"
            f"{log_table(source / 'losses.csv')}\n",
            encoding="utf-8",
        )
        print(f"{name}: {count} parameters")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peptides"]:
        write_peptides(*sys.argv[2:])
    else:
        main(sys.argv[1:])
