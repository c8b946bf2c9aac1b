"""Create the first session of an Explorer from its arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import SettingsError
from ...guidance.registry import has_temperature
from ...live.session import Session
from ...proteins.starting_structure import folded_structure, read_starting_structure
from ...proteins.system import System
from ...sampling import SamplerConfig
from ...sampling.config import new_seed
from .state import DEFAULT_SAMPLES, DEFAULT_STEPS


def initial_eta(system: System, kind: str) -> float:
    """Return η of a new session: the default temperature, or 0 for other kinds of guidance.

    The slider of η acts at once, because the guidance is on.
    """
    return system.default_eta(kind) if has_temperature(kind) else 0.0


def first_session(
    system: System,
    *,
    structure: str | Path | None,
    chain: str | None = None,
    fix: str | None,
    seed: int | None,
    device: str,
    folder: str | Path | None,
    settings: dict[str, Any],
) -> Session:
    """Create a session; the arguments are those of the Explorer.

    Raises
    ------
    UserError
        For a file, residues or a setting that cannot be used.
    """
    defaults: dict[str, Any] = {
        "samples": DEFAULT_SAMPLES,
        "steps": DEFAULT_STEPS,
        "gamma": system.default_gamma,
    }
    if "temperature" not in settings:  # it implies temperature guidance
        kind = settings.get("guidance", system.default_guidance)
        defaults |= {"guidance": kind, "eta": initial_eta(system, kind)}
    settings = defaults | settings
    config = SamplerConfig(seed=new_seed() if seed is None else seed, **settings)
    if structure is None:
        start = folded_structure(system, fixed=fix or "")
    else:
        start = read_starting_structure(structure, system.sequence, chain=chain, fixed=fix or "")
    if start is None and (fix or config.t_start < 1):
        purpose = f"to keep residues {fix} fixed" if fix else "to start from"
        raise SettingsError(
            f"{system.title} has no reference structure. Give a structure= {purpose}."
        )
    session = Session(system, config, device=device, folder=folder, start=start)
    session.seed_locked = seed is not None
    return session
