"""One cell of a sweep: a protein with its settings, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..ensembles.ensemble import Ensemble
from ..errors import SettingsError
from ..files.reading import FormatError, convert
from ..guidance.schedule import Schedule
from ..sampling.config import SamplerConfig

KELVIN_DIGITS = 6
"""Decimals of temperatures, which are stored as η."""


class _StoredCell(msgspec.Struct):
    protein: str
    config: dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """A protein and the settings to sample it with.

    Attributes
    ----------
    protein : str
        Bundled protein or sequence.
    config : SamplerConfig
        Settings, including the seed.
    """

    protein: str
    config: SamplerConfig

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as numbers and strings, fit for JSON."""
        return {"protein": self.protein, "config": self.config.to_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Cell:
        """Return the cell that :meth:`to_dict` wrote.

        Raises
        ------
        SettingsError
            If a setting is missing, unknown to this version or out of range.
        """
        try:
            stored = convert(content, _StoredCell)
            return cls(stored.protein, SamplerConfig.from_dict(stored.config))
        except FormatError as error:
            raise SettingsError(
                f"The settings of a stored cell do not fit this version: {str(error).rstrip('.')}. "
                "Use the version that stored it."
            ) from error

    @property
    def temperature(self) -> float | None:
        """Temperature of the ensemble in K, or None; see `SamplerConfig.kelvin`."""
        kelvin = self.config.kelvin
        return None if kelvin is None else round(kelvin, KELVIN_DIGITS)

    @property
    def strength(self) -> str:
        """Temperature or η, and γ: "350 K, γ 1" or "η 0.5, γ 1"."""
        kelvin = self.temperature
        physical = f"η {self.axis('eta'):g}" if kelvin is None else f"{kelvin:g} K"
        return f"{physical}, γ {self.axis('gamma'):g}"

    def axis(self, name: str) -> float | str:
        """Return a setting as the number or string that a heat-map axis shows."""
        value = self.protein if name == "protein" else getattr(self.config, name)
        return value.value if isinstance(value, Schedule) else value


@dataclass(frozen=True, eq=False)
class CellResult:
    """Result of a cell.

    Attributes
    ----------
    ensemble : Ensemble or None
        None if the cell failed.
    metrics : dict of str to float
        Metrics by which cells are compared.
    reason : str
        Why the cell failed; empty if it did not.
    """

    ensemble: Ensemble | None
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str = ""
