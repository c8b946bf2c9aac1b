"""The initial state of a run: checks, first frames and random numbers.

Random numbers depend only on the seed and the step, so that a run can be rewound and continued, or
split into smaller batches, without changing its noise.
"""

from __future__ import annotations

import hashlib

import torch

from ..diffusion.se3 import SE3Process
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..guidance.fixed_residues import FixedResidues
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import NO_GUIDANCE
from .config import SamplerConfig
from .weighted_runs import check_weighted


def check_compatible(
    sequence: str,
    config: SamplerConfig,
    structure: Rigid | None,
    physical: PhysicalGuidance | None,
    fixed_residues: FixedResidues | None,
) -> None:
    """Check that the arguments of a run are compatible.

    Raises
    ------
    SettingsError
    """
    if (structure is None) != (config.t_start == 1):
        raise SettingsError(
            f"t_start is {config.t_start} and the structure is "
            f"{'missing' if structure is None else 'given'}. A t_start below 1 needs a structure "
            "to start from; t_start 1 starts from noise alone."
        )
    check_physical(config.guidance, physical)
    if config.resample is not None and physical is not None:
        check_weighted(config.guidance_parameters, physical.name)
    if fixed_residues is not None and len(fixed_residues.fixed) != len(sequence):
        raise SettingsError(
            f"The fixed residues belong to a sequence of {len(fixed_residues.fixed)} residues, "
            f"this one has {len(sequence)}. Take them from a structure of the same sequence."
        )
    if fixed_residues is not None and config.resample is not None:
        raise SettingsError(
            "Weights (resample) are not defined for a run with fixed residues. Omit one of the two."
        )


def check_physical(kind: str, physical: PhysicalGuidance | None) -> None:
    """Check that the physical guidance of a run or path is of the kind in its settings.

    Raises
    ------
    SettingsError
    """
    if kind != NO_GUIDANCE and (physical is None or physical.name != kind):
        raise SettingsError(
            f"The settings request {kind} guidance, but the sampler is given "
            f"{'no physical guidance' if physical is None else physical.name}. Pass the requested "
            'one as physical=..., or set guidance to "none".'
        )


def initial_frames(
    process: SE3Process,
    config: SamplerConfig,
    length: int,
    structure: Rigid | None,
    device: torch.device,
) -> Rigid:
    """Return noise, or a structure noised to ``config.t_start``.

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
        If the structure has another shape.
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
            f"{structure.shape[0]} structures cannot start {shape[0]} conformers. Give one, or "
            "one per conformer."
        )
    start = Rigid(structure.quat.expand(*shape, 4), structure.trans.expand(*shape, 3))
    start = start.to(device=device, dtype=torch.float32)
    return process.forward(start, config.t_start, generator=generator)


def generator_for(seed: int, step: int, device: torch.device | str) -> torch.Generator:
    """Return the random number generator of one step of a run."""
    digest = hashlib.blake2b(f"{seed}:{step}".encode(), digest_size=8).digest()
    generator = torch.Generator(device=device)
    return generator.manual_seed(int.from_bytes(digest, "big") >> 1)
