"""Trajectories read in chunks of frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError
from .file_formats import file_ending, find_topology, topology_path
from .frame_decoder import frame_decoder
from .structure_files import read_errors, read_topology

if TYPE_CHECKING:
    import mdtraj

CHUNK = 1000
"""Frames that are read at a time."""

READERS = {
    ".xtc": "XTCTrajectoryFile",
    ".trr": "TRRTrajectoryFile",
    ".dcd": "DCDTrajectoryFile",
    ".nc": "NetCDFTrajectoryFile",
    ".netcdf": "NetCDFTrajectoryFile",
    ".h5": "HDF5TrajectoryFile",
}
"""Classes of mdtraj by the ending of a file."""

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
        from mdtraj.formats import HDF5TrajectoryFile

        with read_errors(path, MISFIT), HDF5TrajectoryFile(str(path)) as file:
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
    import mdtraj

    if not path.is_file():
        raise StructureError(f"No such file: {path}. Check the path.")
    empty, selected = True, topology.subset(atoms)
    with read_errors(path, MISFIT), frame_decoder() as decoder:
        found = decoder.open(path, READERS[file_ending(path)], atoms)
        if found not in (0, topology.n_atoms):
            raise StructureError(
                f"{path} has {found} atoms, not the {topology.n_atoms} of its topology, which may "
                "be that of another system. Give the one of this trajectory."
            )
        while len((part := decoder.read(chunk)).xyz):
            empty = False
            yield mdtraj.Trajectory(
                part.xyz,
                selected,
                time=part.time,
                unitcell_lengths=part.lengths,
                unitcell_angles=part.angles,
            )
    if empty:
        raise StructureError(f"{path} contains no frames. Give a file with at least one.")
