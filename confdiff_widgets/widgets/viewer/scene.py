"""Scenes of the viewer: placement, colours, arrows and legends of conformers.

Positions are in Å. The origin is the centre of the structure that conformers are superposed on, and
the x axis is its longest principal axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ... import palette
from ...analysis import superpose
from ...analysis.local_geometry import secondary_structure
from ...geometry.structure import StructureError, topology_of

Floats = NDArray[np.float32]

STYLES = ("tube", "cartoon", "licorice")
COLORINGS = ("conformer", "residue", "secondary structure", "value")

MAX_ARROW = 6.0
MIN_ARROW = 0.15
"""Lengths (Å): longer arrows are truncated, shorter ones are not drawn."""

SHORTEST_LARGE_ARROW = 2.0
"""An automatic scale changes when the large arrows (95 % quantile) become shorter than this (Å), or
longer than `MAX_ARROW`."""


@dataclass(frozen=True)
class Conformers:
    """The conformers shown by `StructureViewer.show`, placed for drawing."""

    backbone: Floats  # (B, L, 4, 3)
    colors: tuple[str, ...]  # (B,)
    labels: tuple[str, ...]  # (B,)
    values: Floats | None  # (B, L)
    arrows: Floats | None  # (B, L, 3), rotated with the backbone, in any unit

    def __len__(self) -> int:
        return len(self.backbone)


class Placement:
    """Places conformers in one frame of reference, so that they can be compared.

    Parameters
    ----------
    folded : ndarray, shape (L, 4, 3), optional
        Structure to superpose conformers on. Without it, the very first conformer defines the axes,
        and the first conformer of each batch is superposed on that of the previous batch, which
        avoids rotations from frame to frame.
    """

    def __init__(self, folded: Floats | None) -> None:
        self._axes: tuple[Floats, Floats] | None = None
        self._updates_target = folded is None
        self.target: Floats | None = None
        if folded is not None:
            self._axes = _principal_axes(folded)
            self.target = self._in_axes(folded[None])[0]

    def aligned(self, backbone: Floats) -> Floats:
        """Return each conformer superposed on the target by least squares, all backbone atoms."""
        if self.target is None:
            self._axes = _principal_axes(backbone[0])
            self.target = self._in_axes(backbone[:1])[0]
        points = backbone.reshape(len(backbone), -1, 3)
        if self._updates_target:
            self.target = _superposed(points[:1], self.target).reshape(self.target.shape)
        return _superposed(points, self.target).reshape(backbone.shape)

    def unaligned(self, backbone: Floats) -> Floats:
        """Return all conformers in the same axes, without superposition."""
        if self._axes is None:
            self._axes = _principal_axes(backbone[0])
        return self._in_axes(backbone)

    def _in_axes(self, backbone: Floats) -> Floats:
        assert self._axes is not None
        centre, rotation = self._axes
        return ((backbone - centre) @ rotation).astype(np.float32)


def _superposed(points: Floats, target: Floats) -> Floats:
    return superpose(points, target.reshape(-1, 3)).astype(np.float32)


def _principal_axes(backbone: Floats) -> tuple[Floats, Floats]:
    ca = backbone[:, 1]
    centre = ca.mean(axis=0)
    axes = np.linalg.svd(ca - centre)[2].T
    axes[:, 2] *= np.sign(np.linalg.det(axes))
    return centre, axes.astype(np.float32)


def check_backbone(backbone: ArrayLike, residues: int, slots: int) -> Floats:
    """Return the backbone as float32 (B, L, 4, 3).

    Raises
    ------
    StructureError
        For another shape, more than ``slots`` conformers, NaN or infinity.
    """
    found = np.asarray(backbone, dtype=np.float32)
    if found.ndim == 3:
        found = found[None]
    if found.ndim != 4 or found.shape[1:] != (residues, 4, 3):
        raise StructureError(
            f"The backbone has shape {np.shape(backbone)}. This viewer requires "
            f"(B, {residues}, 4, 3): N, CA, C, O of {residues} residues."
        )
    if not 1 <= len(found) <= slots:
        raise StructureError(
            f"{len(found)} conformers for a viewer with {slots} slots. Show 1 to {slots} of them, "
            f"or create StructureViewer(..., slots={max(len(found), 1)})."
        )
    bad = np.flatnonzero(~np.isfinite(found).all(axis=(1, 2, 3)))
    if bad.size:
        raise StructureError(
            f"Coordinates are NaN or infinite in {bad.size} of {len(found)} conformers "
            f"(first: {bad[0]}). Nothing was drawn; show the other conformers only."
        )
    return found


def check_folded(folded: ArrayLike, residues: int) -> Floats:
    """Return N, CA, C, O of the folded structure as float32 (L, 4, 3).

    Raises
    ------
    StructureError
        For another shape, NaN or infinity.
    """
    found = np.asarray(folded, dtype=np.float32)
    if found.ndim != 3 or found.shape[0] != residues or found.shape[1] < 4 or found.shape[2] != 3:
        raise StructureError(
            f"The folded structure has shape {found.shape}. Give ({residues}, 4 or more, 3) with "
            "N, CA, C, O first."
        )
    return check_backbone(found[:, :4], residues, 1)[0]


def check_values(values: ArrayLike, conformers: int, residues: int) -> Floats:
    """Return one value per residue as (B, L); values (L,) apply to all conformers.

    Raises
    ------
    StructureError
        For another shape, NaN or infinity.
    """
    found = np.asarray(values, dtype=np.float32)
    if found.shape not in {(residues,), (conformers, residues)}:
        raise StructureError(
            f"The values have shape {found.shape}. Give ({residues},) or "
            f"({conformers}, {residues}): one value per residue."
        )
    if not np.isfinite(found).all():
        raise StructureError("Some values to colour by are NaN or infinite. Give finite values.")
    return np.broadcast_to(found, (conformers, residues))


def check_arrows(arrows: ArrayLike, conformers: int, residues: int) -> Floats:
    """Return one vector per residue as (B, L, 3).

    Raises
    ------
    StructureError
        For another shape, NaN or infinity.
    """
    found = np.asarray(arrows, dtype=np.float32)
    if found.shape != (conformers, residues, 3):
        raise StructureError(
            f"The arrows have shape {found.shape}. Give ({conformers}, {residues}, 3): "
            "one vector per residue."
        )
    if not np.isfinite(found).all():
        raise StructureError("Some arrows are NaN or infinite. Give finite vectors.")
    return found


def rotate_with(vectors: Floats, before: Floats, after: Floats) -> Floats:
    """Rotate vectors (B, L, 3) like the conformers that were moved from ``before`` to ``after``."""
    x, y = (points.reshape(len(points), -1, 3) for points in (before, after))
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    return vectors @ (np.linalg.pinv(x) @ y)


def automatic_scale(vectors: Floats, present: float | None) -> float:
    """Return a scale of 1, 2 or 5 times a power of ten at which large arrows can be seen.

    The present scale is kept while they can, so that the arrows of successive frames can be
    compared.

    Parameters
    ----------
    vectors : ndarray, shape (B, L, 3)
    present : float or None
        The scale of the previous frame, Å for an arrow of size 1.
    """
    size = float(np.quantile(np.linalg.norm(vectors, axis=-1), 0.95))
    if not size:
        return present or 1.0
    if present is not None and SHORTEST_LARGE_ARROW <= present * size <= MAX_ARROW:
        return present
    largest = MAX_ARROW / size
    power = 10.0 ** np.floor(np.log10(largest))
    return float(power * max(step for step in (1, 2, 5) if step * power <= largest * (1 + 1e-9)))


def scale_arrows(vectors: Floats, scale: float) -> Floats:
    """Return vectors (B, L, 3) as drawn, in Å; zero where no arrow is drawn."""
    size = scale * np.linalg.norm(vectors, axis=-1, keepdims=True)
    drawn = np.where(size < MIN_ARROW, 0.0, np.minimum(size, MAX_ARROW))
    return vectors * scale * drawn / np.maximum(size, MIN_ARROW)


def template_pdb(sequence: str) -> str:
    """Return the PDB text of a flat chain of N, CA, C, O in which NGL detects every bond.

    NGL derives bonds and the chain from the positions that it loads, so these must be regular;
    positions set later may be as noisy as diffusion makes them.
    """
    place = {
        "N": (0.0, 0.4, 0.0), "CA": (1.2, -0.4, 0.0), "C": (2.4, 0.4, 0.0), "O": (2.4, 1.6, 0.0)
    }  # fmt: skip
    lines = []
    for atom in topology_of(sequence).atoms:
        i = atom.residue.index
        x, y, z = place[atom.name]
        sign = 1 - 2 * (i % 2)
        lines.append(
            f"ATOM  {atom.index + 1:5d}  {atom.name:<3s} {atom.residue.name:3s} A{i + 1:4d}    "
            f"{x + 3.6 * i:8.3f}{sign * y:8.3f}{z:8.3f}  1.00  0.00           {atom.name[0]}"
        )
    return "\n".join([*lines, "END", ""])


def coloring(
    color: str,
    conformers: Conformers,
    classes: NDArray[np.str_] | None,
    value_range: tuple[float, float] | None,
    value_label: str,
) -> dict[str, Any]:
    """Return a value per residue, the colour scale of the values, and a legend.

    NGL receives the values as B-factors, and the colours as a scale over ``domain``.
    """
    count, residues = conformers.backbone.shape[:2]
    if color == "conformer":
        scale = list(conformers.colors)
        number = np.repeat(np.arange(count, dtype=np.float32)[:, None], residues, axis=1)
        return _scaled(scale, (0, count - 1), number, None)
    if color == "residue":
        number = np.tile(np.arange(residues, dtype=np.float32), (count, 1))
        legend = {"title": "residue", "labels": ["1 (N)", f"{residues} (C)"]}
        return _scaled(list(palette.SEQUENCE), (0, residues - 1), number, legend)
    if color == "secondary structure":
        assert classes is not None
        number = np.select([classes == "C", classes == "E"], [0, 1], 2).astype(np.float32)
        names = ["coil", "strand", "helix"]
        scale = [palette.COIL, palette.STRAND, palette.HELIX]
        return _scaled(scale, (0, 2), number, {"title": "", "labels": names, "separate": True})
    values = conformers.values
    if values is None:
        number = np.zeros((count, residues), dtype=np.float32)
        legend = {"title": "no values to colour by", "labels": []}
        return _scaled([palette.COIL], (0, 0), number, legend)
    low, high = value_range or (float(values.min()), float(values.max()))
    legend = {"title": value_label, "labels": [f"{low:.3g}", f"{high:.3g}"]}
    return _scaled(list(palette.MAGNITUDE), (low, high), np.clip(values, low, high), legend)


def _scaled(
    scale: list[str], domain: tuple[float, float], number: Floats, legend: dict[str, Any] | None
) -> dict[str, Any]:
    if len(scale) == 1:
        scale = scale * 2
    low, high = domain
    if legend is not None:
        legend = {"separate": False, "colors": scale, **legend}
    return {
        "scale": scale,
        "domain": [low, high if high > low else low + 1.0],
        "value": np.ascontiguousarray(number, dtype="<f4").tobytes(),
        "legend": legend,
    }


def structure_classes(conformers: Conformers, sequence: str) -> NDArray[np.str_]:
    """Return helix (H), strand (E) or coil (C) of every residue, (B, L)."""
    return secondary_structure(conformers.backbone, sequence)


def conformer_scene(
    shown: Conformers,
    sequence: str,
    scene: dict[str, Any],
    color: str,
    value_range: tuple[float, float] | None,
    value_label: str,
    arrow_scale: float,
    arrow_label: str,
) -> dict[str, Any]:
    """Return the part of a scene that describes its conformers; binary data is little-endian."""
    drawn: dict[str, Any] = {}
    classes = None
    if scene["style"] == "cartoon" or color == "secondary structure":
        classes = structure_classes(shown, sequence)
        codes = np.select([classes == "C", classes == "E"], [ord("c"), ord("e")], ord("h"))
        drawn["structure"] = codes.astype(np.uint8).tobytes()  # (B, L), NGL's codes
    ca = shown.backbone[:, :, 1]
    reach = np.linalg.norm(ca, axis=-1)  # (B, L)
    if shown.arrows is not None:
        arrows = scale_arrows(shown.arrows, arrow_scale)
        reach = np.maximum(reach, np.linalg.norm(ca + arrows, axis=-1))
        vectors = arrows.astype("<f4").tobytes()  # (B, L, 3)
        drawn["arrows"] = {"vectors": vectors, "label": arrow_label}
    single = scene["selected"] is not None and scene["selected"] < len(shown)
    drawn["radius"] = float(reach[scene["selected"] if single else slice(None)].max())
    drawn["positions"] = shown.backbone.astype("<f4").tobytes()  # (B, L, 4, 3)
    return drawn | coloring(color, shown, classes, value_range, value_label)
