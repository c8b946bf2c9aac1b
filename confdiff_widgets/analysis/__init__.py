"""Analysis of ensembles: features, divergences, diversity, validity, TICA, states, free energy.

All functions take NumPy coordinates in Å: CA positions (N frames, L residues, 3), or backbones
(N, L, 4, 3) with atoms N, CA, C, O. The main entry point is `compare`.
"""

from typing import TYPE_CHECKING

from ..exports import on_demand
from .baselines import trajectory_groups
from .comparison import Comparison, compare
from .diversity import mean_pairwise_rmsd, mean_pairwise_tm, rmsf
from .excess import Excess, js_excess
from .features import (
    ca_distances,
    contact_rates,
    contact_rmse,
    pair_indices,
    radius_of_gyration,
)
from .free_energy import FreeEnergy, free_energy
from .intervals import Interval
from .jensen_shannon import (
    js_distance,
    js_marginals,
    js_pwd,
    js_rg,
    js_tic,
    js_tic2d,
    outside_fraction,
)
from .local_geometry import (
    LocalGeometry,
    angle,
    backbone_torsions,
    chiral_volume,
    dihedral,
    local_geometry,
)
from .metastable_states import StateModel, find_states, populations, representatives
from .metrics import METRICS, Metric
from .native_contacts import native_contact_fraction
from .state_recovery import Recovery, state_recovery
from .superposition import ca_rmsd, nearest_rmsd, paired_rmsd, rmsd_matrix, superpose
from .tica import TicaModel, distance_correlations, fit_tica
from .timescales import ImpliedTimescales, implied_timescales
from .validity import backbone_clash_free, clash_free, unbroken, val_bond, val_clash

if TYPE_CHECKING:
    from .mbar import effective_frames, temperature_weights
    from .melting import (
        MeltingCurve,
        MeltingPoint,
        sampled_curve,
        sampled_point,
        simulated_curve,
    )
    from .two_state import TwoStateFit, two_state_fit, two_state_fit_of_blocks

_ON_DEMAND = {
    "mbar": ("effective_frames", "temperature_weights"),
    "melting": (
        "MeltingCurve",
        "MeltingPoint",
        "sampled_curve",
        "sampled_point",
        "simulated_curve",
    ),
    "two_state": ("TwoStateFit", "two_state_fit", "two_state_fit_of_blocks"),
}
"""Names of modules that import SciPy's statistics, which sampling does not need."""

__all__ = [
    "METRICS",
    "Comparison",
    "Excess",
    "FreeEnergy",
    "ImpliedTimescales",
    "Interval",
    "LocalGeometry",
    "MeltingCurve",
    "MeltingPoint",
    "Metric",
    "Recovery",
    "StateModel",
    "TicaModel",
    "TwoStateFit",
    "angle",
    "backbone_clash_free",
    "backbone_torsions",
    "ca_distances",
    "ca_rmsd",
    "chiral_volume",
    "clash_free",
    "compare",
    "contact_rates",
    "contact_rmse",
    "dihedral",
    "distance_correlations",
    "effective_frames",
    "find_states",
    "fit_tica",
    "free_energy",
    "implied_timescales",
    "js_distance",
    "js_excess",
    "js_marginals",
    "js_pwd",
    "js_rg",
    "js_tic",
    "js_tic2d",
    "local_geometry",
    "mean_pairwise_rmsd",
    "mean_pairwise_tm",
    "native_contact_fraction",
    "nearest_rmsd",
    "outside_fraction",
    "pair_indices",
    "paired_rmsd",
    "populations",
    "radius_of_gyration",
    "representatives",
    "rmsd_matrix",
    "rmsf",
    "sampled_curve",
    "sampled_point",
    "simulated_curve",
    "state_recovery",
    "superpose",
    "temperature_weights",
    "trajectory_groups",
    "two_state_fit",
    "two_state_fit_of_blocks",
    "unbroken",
    "val_bond",
    "val_clash",
]

__getattr__ = on_demand(__name__, _ON_DEMAND)
