"""Trajectories read in chunks of frames with mdtraj."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError
from .file_formats import file_ending, find_topology, topology_path
from .structure_files import read_errors, read_topology

if TYPE_CHECKING:
    import mdtraj

CHUNK = 1000
"""Frames that are read at a time."""

MISFIT = "It may be damaged, or the topology may be that of another system."


def topology_of_trajectory(path: Path, topology: str | Path | None = None) -> mdtraj.Topology:
    """Read the topology of a trajectory: the given file, or one next to the trajectory.

    Raises
    ------
    StructureError
        If there is no topology, or it cannot be read.
    """
    if topology is not None:
        return read_topology(Path(topology))
    if file_ending(path) == ".h5":
        with read_errors(path, MISFIT), _open(path) as file:
            return file.topology
    found = find_topology(path)
    if found is None:
        raise StructureError(
            f"{path} has no topology. Give a structure file with the same atoms, or place it next "
            f"to the trajectory as {topology_path(path).name}."
        )
    return read_topology(found)


def iterate_frames(
    path: Path, topology: mdtraj.Topology, atoms: NDArray[np.int64], *, chunk: int = CHUNK
) -> Iterator[mdtraj.Trajectory]:
    """Iterate over chunks of frames with the selected atoms only.

    Raises
    ------
    StructureError
        If the trajectory cannot be read, has no frames, or has other atoms than its topology.
    """
    empty = True
    with read_errors(path, MISFIT):
        with _open(path) as file:  # with all atoms, which checks their number
            try:
                _read(file, topology, n_frames=1)
            except ValueError as error:
                if "must be shape" not in str(error):
                    raise
                raise StructureError(
                    f"{path} does not have the {topology.n_atoms} atoms of its topology; the "
                    "topology may be that of another system. Give the one of this trajectory."
                ) from error
        with _open(path) as file:
            while part := _read(file, topology, n_frames=chunk, atom_indices=atoms):
                empty = False
                yield part
    if empty:
        raise StructureError(f"{path} contains no frames. Give a file with at least one.")


def _read(file: Any, topology: mdtraj.Topology, **options: Any) -> mdtraj.Trajectory:
    if file.__class__.__name__ == "HDF5TrajectoryFile":  # which has its own topology
        return file.read_as_traj(**options)
    return file.read_as_traj(topology, **options)


def _open(path: Path) -> Any:
    from mdtraj import formats

    readers = {
        ".xtc": "XTCTrajectoryFile",
        ".trr": "TRRTrajectoryFile",
        ".dcd": "DCDTrajectoryFile",
        ".nc": "NetCDFTrajectoryFile",
        ".netcdf": "NetCDFTrajectoryFile",
        ".h5": "HDF5TrajectoryFile",
    }
    if not path.is_file():
        raise StructureError(f"No such file: {path}. Check the path.")
    return getattr(formats, readers[file_ending(path)])(str(path))
