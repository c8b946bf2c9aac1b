"""Compare a sequence with another one of equal length."""

from __future__ import annotations

from ..ensembles.sequence_files import NamedSequence
from ..errors import SettingsError
from ..geometry.residues import check_sequence
from .system import System, load_system

MAX_NAMED = 3
"""Maximum number of mutations in a name."""


def mutated_residues(sequence: str, other: str) -> list[int]:
    """Return the indices of the residues in which two sequences of equal length differ."""
    return [i for i, (a, b) in enumerate(zip(sequence, other, strict=True)) if a != b]


def mutation_name(sequence: str, other: str) -> str:
    """Return the usual name of the mutations, such as "E5A, W9F", or their number if many."""
    residues = mutated_residues(sequence, other)
    if len(residues) > MAX_NAMED:
        return f"{len(residues)} mutations"
    return ", ".join(f"{sequence[i]}{i + 1}{other[i]}" for i in residues)


def load_mutant(system: System, sequence: str) -> System:
    """Load a system of another sequence with the same networks.

    Parameters
    ----------
    system : System
    sequence : str
        Sequence of the same length.

    Raises
    ------
    SettingsError
        If the sequence is equal or has another length, if the system has features of its own
        sequence only, or if a residue is unknown.
    """
    other = check_sequence(sequence)
    if len(other) != len(system.sequence):
        raise SettingsError(
            f"{other} has {len(other)} residues, and {system.sequence} has "
            f"{len(system.sequence)}. Compare sequences of equal length."
        )
    if other == system.sequence:
        raise SettingsError(f"{other} is the sequence itself. Change at least one residue.")
    if system.features is not None:
        raise SettingsError(
            "The features of this system are those of its own sequence. Compare sequences with a "
            "model that computes its features."
        )
    return load_system(NamedSequence("compared", other), **system.network_sources)
