"""Where a run begins: what must go together, and its first frames."""

from __future__ import annotations

import torch

from ..diffusion.se3 import SE3Process
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..guidance.fixed_residues import FixedResidues
from ..guidance.physical import PhysicalGuidance
from .config import SamplerConfig
from .random_numbers import generator_for


def check_together(
    sequence: str,
    config: SamplerConfig,
    structure: Rigid | None,
    physical: PhysicalGuidance | None,
    fixed_residues: FixedResidues | None,
) -> None:
    """Refuse arguments of a run that do not go together.

    Raises
    ------
    SettingsError
    """
    if (structure is None) != (config.t_start == 1):
        raise SettingsError(
            "t_start below 1 needs a structure to start from, and t_start 1 starts from "
            f"noise alone: t_start is {config.t_start}, "
            f"the structure is {'missing' if structure is None else 'given'}."
        )
    if config.guidance != "none" and (physical is None or physical.name != config.guidance):
        raise SettingsError(
            f"The settings ask for guidance by {config.guidance}, and the run is given "
            f"{'no physical term' if physical is None else physical.name}: pass the one "
            'they ask for as physical=..., or set guidance to "none".'
        )
    if fixed_residues is not None and len(fixed_residues.fixed) != len(sequence):
        raise SettingsError(
            f"The fixed_residues is of {len(fixed_residues.fixed)} residues, the sequence has "
            f"{len(sequence)}."
        )
    if fixed_residues is not None and config.resample is not None:
        raise SettingsError(
            "Weights (resample) are not known for a run with held residues: leave one out."
        )


def first_frames(
    process: SE3Process,
    config: SamplerConfig,
    length: int,
    structure: Rigid | None,
    device: torch.device,
) -> Rigid:
    """Noise, or a structure noised to ``config.t_start``.

    Parameters
    ----------
    structure : Rigid, shape (L,), (1, L) or (samples, L), or None
        Å.

    Returns
    -------
    Rigid, shape (samples, L)

    Raises
    ------
    SettingsError
        For a structure of another shape.
    """
    generator = generator_for(config.seed, 0, device)
    shape = (config.samples, length)
    if structure is None:
        return process.prior(*shape, generator=generator, device=device)
    if structure.shape[-1] != shape[1]:
        raise SettingsError(
            f"The structure has {structure.shape[-1]} residues, the sequence {shape[1]}."
        )
    if len(structure.shape) > 1 and structure.shape[0] not in (1, shape[0]):
        raise SettingsError(
            f"{structure.shape[0]} structures cannot start {shape[0]} conformers: give one, or "
            "one for each."
        )
    start = Rigid(structure.quat.expand(*shape, 4), structure.trans.expand(*shape, 3))
    start = start.to(device=device, dtype=torch.float32)
    return process.forward(start, config.t_start, generator=generator)
