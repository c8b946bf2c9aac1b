"""File formats of sequences, structures and trajectories, by the endings of file names.

The commands, the readers, the Explorer and the context menu of JupyterLab all use these lists.
"""

from __future__ import annotations

from pathlib import Path


def _or_zipped(*endings: str) -> tuple[str, ...]:
    return (*endings, *(f"{ending}.gz" for ending in endings))


FASTA = _or_zipped(".fasta", ".fa", ".faa")

STRUCTURES = _or_zipped(".pdb", ".ent", ".cif", ".mmcif", ".gro")
"""Structures of one or several models: ensembles, sequences, starting structures, topologies."""

TOPOLOGIES = _or_zipped(".prmtop", ".parm7", ".psf")
"""Topologies of trajectories, without coordinates."""

TRAJECTORIES = (".xtc", ".dcd", ".trr", ".nc", ".netcdf", ".h5")
"""Trajectories, which need a topology (except HDF5)."""

TIMED_TRAJECTORIES = (".xtc", ".trr", ".nc", ".netcdf", ".h5")
"""Trajectory formats that store the time of each frame."""

ARRAYS = (".npz",)

ENSEMBLES = (*STRUCTURES, *TRAJECTORIES, *ARRAYS)
"""Files with conformers."""

SEQUENCES = (*FASTA, *STRUCTURES, *TRAJECTORIES, *ARRAYS)
"""Files that a sequence can be read from."""

UPLOADS = tuple(ending for ending in STRUCTURES if not ending.endswith(".gz"))
"""Structures that the browser sends as text."""

WRITABLE = (".pdb", ".cif", ".xtc", ".npz")
"""Formats in which ensembles are written."""


def file_ending(path: Path) -> str:
    """Return the ending of a file name in lower case, with both parts of NAME.pdb.gz."""
    endings = [ending.lower() for ending in path.suffixes]
    return "".join(endings[-2:]) if endings[-1:] == [".gz"] else "".join(endings[-1:])


def file_stem(path: Path) -> str:
    """Return the name of a file without its ending."""
    return path.name[: len(path.name) - len(file_ending(path))]


def visible_files(folder: Path) -> list[Path]:
    """List the files of a folder in the order of their names, without hidden files.

    macOS writes a hidden file ``._NAME`` next to each NAME on foreign file systems.
    """
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def topology_path(trajectory: Path) -> Path:
    """Return the path of the topology that is written with NAME.xtc: NAME-topology.pdb."""
    return trajectory.with_name(f"{trajectory.stem}-topology.pdb")


def find_topology(trajectory: Path) -> Path | None:
    """Find NAME-topology, NAME or topology with the ending of a structure or topology.

    The file is searched for in the folder of the trajectory; PDB comes first.
    """
    candidates = (
        trajectory.parent / f"{stem}{ending}"
        for stem in (f"{trajectory.stem}-topology", trajectory.stem, "topology")
        for ending in (*STRUCTURES, *TOPOLOGIES)
    )
    return next((file for file in candidates if file.is_file()), None)
