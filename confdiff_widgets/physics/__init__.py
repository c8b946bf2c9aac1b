"""All-atom energies and forces of conformers, with OpenMM.

Worker processes import this folder, so torch stays out of it: ``labels`` and ``labelling``, which
work on ensembles, are imported by their own names.
"""

from .config import EnergyConfig, OpenMMMissingError, PhysicsError
from .evaluator import EnergyEvaluator, EnergyResult
from .molecule import COMPONENTS, make_molecule
from .platform import choose_platform
from .pool import EnergyPool

__all__ = [
    "COMPONENTS",
    "EnergyConfig",
    "EnergyEvaluator",
    "EnergyPool",
    "EnergyResult",
    "OpenMMMissingError",
    "PhysicsError",
    "choose_platform",
    "make_molecule",
]
