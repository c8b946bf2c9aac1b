"""File formats of sequences, structures and trajectories, by the endings of file names."""

from __future__ import annotations

from pathlib import Path

FASTA = (".fasta", ".fa", ".faa")

STRUCTURES = (".pdb", ".cif")
"""Structure files with heavy atoms: sequences, starting structures and training data."""

TRAJECTORIES = (".xtc", ".dcd", ".trr", ".nc", ".h5")
"""Trajectories with heavy atoms: training data."""

ENSEMBLE_STRUCTURES = (".pdb", ".ent", ".cif", ".mmcif", ".pdb.gz", ".cif.gz")
"""Structure files that are read as ensembles."""

ENSEMBLE_TRAJECTORIES = (".xtc", ".dcd", ".trr", ".nc", ".netcdf", ".h5")
"""Trajectories that are read as ensembles."""

TIMED_TRAJECTORIES = (".xtc", ".trr", ".nc", ".netcdf", ".h5")
"""Trajectory formats that store the time of each frame."""

WRITABLE = (".pdb", ".cif", ".xtc", ".npz")
"""Formats in which ensembles are written."""


def file_ending(path: Path) -> str:
    """Return the ending of a file name in lower case, with both parts of NAME.pdb.gz."""
    endings = [ending.lower() for ending in path.suffixes]
    return "".join(endings[-2:]) if endings[-1:] == [".gz"] else "".join(endings[-1:])


def topology_path(trajectory: Path) -> Path:
    """Return the path of the topology that is written with NAME.xtc: NAME-topology.pdb."""
    return trajectory.with_name(f"{trajectory.stem}-topology.pdb")


def find_topology(trajectory: Path) -> Path | None:
    """Find NAME-topology.pdb, NAME.pdb or topology.pdb in the folder of a trajectory."""
    candidates = (
        topology_path(trajectory),
        trajectory.with_suffix(".pdb"),
        trajectory.with_name("topology.pdb"),
    )
    return next((file for file in candidates if file.is_file()), None)
