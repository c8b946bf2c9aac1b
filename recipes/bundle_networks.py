"""Put trained networks into the package, with the log that made them.

    confdiff train recipes/conditional.toml --data MD_FOLDER --out runs/conditional
    confdiff train recipes/unconditional.toml --data MD_FOLDER --out runs/unconditional
    python recipes/bundle_networks.py runs/conditional runs/unconditional

Judge them with ``python benchmarks/quality.py`` before they are committed.
"""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path

from confdiff_widgets.models.checkpoints import load_network

WEIGHTS = Path(__file__).parents[1] / "confdiff_widgets" / "proteins" / "weights"
SHOWN_EVERY = 1000


def log_table(losses: Path) -> str:
    """Every thousandth step of a loss log as a Markdown table."""
    with losses.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if float(r["step"]) % SHOWN_EVERY == 0]
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + " --: |" * len(heads)]
    lines += ["| " + " | ".join(f"{float(r[h]):.4g}" for h in heads) + " |" for r in rows]
    return "\n".join(lines)


def main(folders: list[Path]) -> None:
    for kind, folder in zip(("conditional", "unconditional"), folders, strict=True):
        network, representation = load_network(folder / "network.safetensors")
        expected = "one-hot" if kind == "conditional" else None
        if representation != expected:
            raise SystemExit(f"{folder} holds a network with representation {representation}.")
        shutil.copyfile(folder / "network.safetensors", WEIGHTS / f"{kind}.safetensors")
        count = sum(parameter.numel() for parameter in network.parameters())
        (WEIGHTS / f"{kind}_log.md").write_text(
            f"# {kind} network\n\n{count} parameters, {network.config}\n\n"
            f"{log_table(folder / 'losses.csv')}\n",
            encoding="utf-8",
        )
        print(f"{kind}: {count} parameters")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
