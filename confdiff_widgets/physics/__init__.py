"""All-atom energies and forces of conformers, computed with OpenMM.

Importing this package loads neither OpenMM nor torch, because worker processes import it too.
Modules that work on ensembles (``labels``, ``labelling``, ``all_atom``) are imported by their full
names.
"""

from .chemistry import Chemistry
from .config import EnergyConfig, OpenMMMissingError, PhysicsError
from .evaluator import EnergyEvaluator, EnergyResult
from .molecule import COMPONENTS, make_molecule
from .platform import choose_platform
from .pool import EnergyPool

__all__ = [
    "COMPONENTS",
    "Chemistry",
    "EnergyConfig",
    "EnergyEvaluator",
    "EnergyPool",
    "EnergyResult",
    "OpenMMMissingError",
    "PhysicsError",
    "choose_platform",
    "make_molecule",
]
