"""Shared by the benchmarks: the machine, and tables as Markdown and JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path

import torch

import confdiff_widgets

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, str | int]:
    """Describe the machine and the versions."""
    return {
        "confdiff_widgets": confdiff_widgets.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cpu_threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


def markdown(rows: Sequence[dict], digits: int = 3) -> str:
    """Format rows with equal keys as a Markdown table."""

    def cell(value: object) -> str:
        return f"{value:.{digits}g}" if isinstance(value, float) else str(value)

    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(cell(row[h]) for h in heads) + " |" for row in rows]
    return "\n".join(lines)


def publish(name: str, rows: Sequence[dict], about: str, digits: int = 3) -> None:
    """Print a table and write it as ``results/NAME.md`` and ``.json``."""
    RESULTS.mkdir(exist_ok=True)
    place = ", ".join(f"{key} {value}" for key, value in machine().items())
    text = f"# {name}\n\n{about}\n\n{markdown(rows, digits)}\n\nMeasured with {place}.\n"
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    content = {"about": about, "machine": machine(), "rows": list(rows)}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(text)
