"""Melting curves of the references: molecular dynamics at several temperatures."""

from __future__ import annotations

from functools import cache

from ..analysis import MeltingCurve, ca_rmsd, radius_of_gyration, simulated_curve
from ..units import KJ_PER_KCAL
from .catalogue import Protein, get


def reference_melting(protein: Protein, kelvin: tuple[float, ...] | None = None) -> MeltingCurve:
    """Return the melting curve of a bundled protein's reference (computed once).

    Parameters
    ----------
    protein : Protein
    kelvin : tuple of float, optional
        Temperatures in K, within those of the reference. Default: those of its replica exchange.

    Returns
    -------
    MeltingCurve
        The energy is the potential energy of all atoms, which are not minimised.

    Raises
    ------
    SettingsError
        If the reference does not cover a temperature.
    """
    ladder = tuple(protein.reference().ladder.tolist())
    return _melting(protein.name, ladder if kelvin is None else kelvin)


@cache
def _melting(name: str, kelvin: tuple[float, ...]) -> MeltingCurve:
    protein = get(name)
    reference = protein.reference()
    ca = reference.frames[:, :, 1]
    return simulated_curve(
        kelvin,
        lambda at: reference.at(at).weights,
        folded=ca_rmsd(ca, reference.folded_ca) < protein.folded_cutoff,
        rg=radius_of_gyration(ca),
        energy=reference.potential / KJ_PER_KCAL,
        time=reference.time_ps,
        replica=reference.frame_replica,
    )
