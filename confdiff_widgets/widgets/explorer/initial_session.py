"""The first session of an Explorer, from the words of a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import SettingsError
from ...live.session import Session, new_seed
from ...proteins.starting_structure import folded_structure, read_starting_structure
from ...proteins.system import System
from ...sampling import SamplerConfig
from . import view_model


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
    """A session, its arguments as those of the Explorer.

    Raises
    ------
    UserError
        For a file, residues or a setting that cannot be used.
    """
    usual = {
        "samples": view_model.SAMPLES,
        "steps": view_model.STEPS,
        "gamma": system.default_gamma,
        "guidance": system.default_guidance,  # η is 0: its slider acts as soon as it is moved
    }
    settings = usual | settings
    config = SamplerConfig(seed=new_seed() if seed is None else seed, **settings)
    if structure is None:
        start = folded_structure(system, fixed=fix or "")
    else:
        start = read_starting_structure(structure, system.sequence, chain=chain, fixed=fix or "")
    if start is None and (fix or config.t_start < 1):
        raise SettingsError(
            f"{system.title} has no reference: give a structure=, to "
            f"{f'hold residues {fix} of' if fix else 'start from'}."
        )
    session = Session(system, config, device=device, folder=folder, start=start)
    session.seed_locked = seed is not None
    return session
