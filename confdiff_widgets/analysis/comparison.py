"""The result of a comparison: its metrics, as a dict, a rich table or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table

from .metrics import Metric

_HEADINGS = ("Metric", "Sample", "95 %", "Floor", "Static", "Reference", "Good")
_LEFT = ("Metric", "Good")
_NUMBERS = ("value", "low", "high", "floor_mean", "floor_sd", "static", "reference")


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    metrics : tuple of Metric
        In the order of the table; `comparison["js_pwd"]` picks one by key.
    n_sample, n_reference, n_residues : int
    settings : dict
        Everything that decided the numbers, the seed included.
    """

    metrics: tuple[Metric, ...]
    n_sample: int
    n_reference: int
    n_residues: int
    settings: dict[str, int | float | str | None]

    def __getitem__(self, key: str) -> Metric:
        for metric in self.metrics:
            if metric.key == key:
                return metric
        raise KeyError(f"no metric {key!r}; there are {', '.join(m.key for m in self.metrics)}")

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def to_dict(self) -> dict:
        """Plain numbers and strings, fit for JSON."""
        return {
            "n_sample": self.n_sample,
            "n_reference": self.n_reference,
            "n_residues": self.n_residues,
            "settings": dict(self.settings),
            "metrics": {
                metric.key: {
                    "label": metric.about.label,
                    "unit": metric.about.unit,
                    "good": metric.about.good,
                    **{name: getattr(metric, name) for name in _NUMBERS},
                }
                for metric in self.metrics
            },
        }

    def to_table(self, title: str | None = None) -> Table:
        """A rich table, for `rich.print`."""
        table = Table(title=title, caption=self.caption)
        for heading in _HEADINGS:
            table.add_column(heading, justify="left" if heading in _LEFT else "right")
        for metric in self.metrics:
            table.add_row(*_cells(metric))
        return table

    def to_markdown(self) -> str:
        """A Markdown table and its caption."""
        rule = ("---" if heading in _LEFT else "--:" for heading in _HEADINGS)
        lines = (_HEADINGS, rule, *map(_cells, self.metrics))
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"{table}\n\n{self.caption}\n"

    @property
    def caption(self) -> str:
        """What was compared, and how."""
        settings = self.settings
        lag = settings["tica_lag_ps"]
        return (
            f"{self.n_sample} frames against {self.n_reference}. "
            f"Floor: {settings['floor_frames']} frames of the reference itself, "
            f"{settings['n_floor']} draws. Static: the folded structure repeated. "
            f"Folded: CA-RMSD < {settings['folded_cutoff']} Å. "
            + ("No TICA. " if lag is None else f"TICA lag {lag} ps. ")
            + f"Out-of-range values: {settings['outside']}. Seed {settings['seed']}."
        )


def _cells(metric: Metric) -> tuple[str, ...]:
    unit = f" ({metric.about.unit})" if metric.about.unit == "Å" else ""
    return (
        metric.about.label + unit,
        f"{metric.value:.3f}",
        f"{metric.low:.3f}–{metric.high:.3f}",
        f"{metric.floor_mean:.3f} ± {metric.floor_sd:.3f}",
        f"{metric.static:.3f}",
        "–" if metric.about.good == "low" else f"{metric.reference:.3f}",
        metric.about.good,
    )
