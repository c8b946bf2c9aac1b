"""Log of the training losses: a CSV file of means over short intervals, and a plot."""

from __future__ import annotations

import csv
import io
import math
import time
from pathlib import Path

from ..files.reading import FormatError, read_utf8
from ..files.writing import write_bytes, write_text
from ..models.network_file import CheckpointError

INTERVAL = 50
"""Number of steps that are averaged in one row."""


class Logbook:
    """Collects losses and writes ``losses.csv`` and ``losses.png``."""

    def __init__(self, folder: Path, *, main: bool = True):
        self.csv_path, self.plot_path = folder / "losses.csv", folder / "losses.png"
        self.main = main
        self.rows: list[dict[str, float]] = []
        self._interval: list[dict[str, float]] = []
        self._clock = time.monotonic()

    def add(self, step: int, losses: dict[str, float]) -> None:
        """Record the losses of one step."""
        self._interval.append(losses)
        if len(self._interval) < INTERVAL:
            return
        now = time.monotonic()
        rate = len(self._interval) / (now - self._clock)
        means = {k: sum(s[k] for s in self._interval) / len(self._interval) for k in losses}
        self.rows.append({"step": step, **means, "steps_per_second": rate})
        self._interval, self._clock = [], now

    def load(self, step: int) -> None:
        """Read the rows of an earlier run up to ``step``."""
        if self.csv_path.exists():
            try:
                reader = csv.DictReader(read_utf8(self.csv_path).splitlines(), strict=True)
                rows = [{k: float(v) for k, v in row.items()} for row in reader]
                if any(row.keys() != rows[0].keys() or "step" not in row for row in rows):
                    raise FormatError("its rows have different columns")
            except (OSError, ValueError, TypeError, csv.Error) as error:
                raise CheckpointError(
                    f"{self.csv_path} is damaged: {error}. Remove it to start a new table."
                ) from error
            self.rows = [row for row in rows if row["step"] <= step]

    def write(self) -> None:
        """Write the CSV file and the plot, in the main process only."""
        if not self.rows or not self.main:
            return
        text = io.StringIO()
        writer = csv.DictWriter(
            text, fieldnames=self._columns(), restval=math.nan, lineterminator="\n"
        )
        writer.writeheader()
        for row in self.rows:
            values = {k: f"{v:.6g}" for k, v in row.items()}
            writer.writerow(values | {"step": int(row["step"])})
        write_text(self.csv_path, text.getvalue())
        self._plot()

    def _columns(self) -> list[str]:
        """Return the columns of all rows; those of an earlier version may lack a loss term."""
        return list(dict.fromkeys(name for row in reversed(self.rows) for name in row))

    def _plot(self) -> None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        steps = [row["step"] for row in self.rows]
        for name in self._columns():
            if name not in ("step", "steps_per_second", "gradient"):
                values = [row.get(name, math.nan) for row in self.rows]
                axes.plot(steps, values, label=name, linewidth=1)
        axes.set(xlabel="step", ylabel="loss", yscale="log")
        axes.legend(ncols=3, fontsize=8)
        image = io.BytesIO()
        figure.savefig(image, dpi=120)
        write_bytes(self.plot_path, image.getvalue())
