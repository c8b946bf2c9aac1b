"""What the viewer draws, worked out in numpy: placement, colours, legends.

Positions are Å. The picture's origin is the centre of the structure that all are placed on, its
x axis the longest axis of that structure.
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

LONGEST_ARROW = 4.0
SHORTEST_ARROW = 0.15
"""Å; a longer arrow is cut to this, a shorter one is not drawn."""


@dataclass(frozen=True)
class Conformers:
    """What `StructureViewer.show` was last given, checked and placed."""

    backbone: Floats  # (B, L, 4, 3)
    colors: tuple[str, ...]  # (B,)
    labels: tuple[str, ...]  # (B,)
    values: Floats | None  # (B, L)
    arrows: Floats | None  # (B, L, 3), turned with the backbone, in their own unit

    def __len__(self) -> int:
        return len(self.backbone)


class Placement:
    """Puts conformers where they can be compared.

    Parameters
    ----------
    folded : ndarray, shape (L, 4, 3), optional
        What to place them on. Without it, the first conformer ever seen sets the axes, and the
        first of each batch is placed on the one before, so that a film does not tumble.
    """

    def __init__(self, folded: Floats | None) -> None:
        self._axes: tuple[Floats, Floats] | None = None
        self._follow = folded is None
        self.target: Floats | None = None
        if folded is not None:
            self._axes = _principal_axes(folded)
            self.target = self._turned(folded[None])[0]

    def aligned(self, backbone: Floats) -> Floats:
        """Each superposed by least squares over all backbone atoms."""
        if self.target is None:
            self._axes = _principal_axes(backbone[0])
            self.target = self._turned(backbone[:1])[0]
        points = backbone.reshape(len(backbone), -1, 3)
        if self._follow:
            self.target = _superposed(points[:1], self.target).reshape(self.target.shape)
        return _superposed(points, self.target).reshape(backbone.shape)

    def as_given(self, backbone: Floats) -> Floats:
        """All moved together, with the structure that they were aligned on."""
        if self._axes is None:
            self._axes = _principal_axes(backbone[0])
        return self._turned(backbone)

    def _turned(self, backbone: Floats) -> Floats:
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


def checked_backbone(backbone: ArrayLike, residues: int, slots: int) -> Floats:
    """As float32 (B, L, 4, 3), or a `StructureError` that says what is wrong."""
    found = np.asarray(backbone, dtype=np.float32)
    if found.ndim == 3:
        found = found[None]
    if found.ndim != 4 or found.shape[1:] != (residues, 4, 3):
        raise StructureError(
            f"The backbone has shape {np.shape(backbone)}; this viewer draws "
            f"(B, {residues}, 4, 3): N, CA, C, O of {residues} residues."
        )
    if not 1 <= len(found) <= slots:
        raise StructureError(
            f"{len(found)} conformers for a viewer of {slots}: choose 1 to {slots} of them, or "
            f"make StructureViewer(..., slots={max(len(found), 1)})."
        )
    bad = np.flatnonzero(~np.isfinite(found).all(axis=(1, 2, 3)))
    if bad.size:
        raise StructureError(
            f"Coordinates are NaN or infinite in {bad.size} of {len(found)} conformers "
            f"(first: {bad[0]}): nothing was drawn."
        )
    return found


def checked_folded(folded: ArrayLike, residues: int) -> Floats:
    """N, CA, C, O as float32 (L, 4, 3), or a `StructureError` that says what is wrong."""
    found = np.asarray(folded, dtype=np.float32)
    if found.ndim != 3 or found.shape[0] != residues or found.shape[1] < 4 or found.shape[2] != 3:
        raise StructureError(
            f"The folded structure has shape {found.shape}, expected ({residues}, 4 or more, 3): "
            "N, CA, C, O first."
        )
    return checked_backbone(found[:, :4], residues, 1)[0]


def checked_values(values: ArrayLike, conformers: int, residues: int) -> Floats:
    """One number a residue as (B, L); one row serves all conformers."""
    found = np.asarray(values, dtype=np.float32)
    if found.shape not in {(residues,), (conformers, residues)}:
        raise StructureError(
            f"The values have shape {found.shape}, expected ({residues},) or "
            f"({conformers}, {residues}): one number a residue."
        )
    if not np.isfinite(found).all():
        raise StructureError("The values to colour by are NaN or infinite in places.")
    return np.broadcast_to(found, (conformers, residues))


def checked_arrows(arrows: ArrayLike, conformers: int, residues: int) -> Floats:
    """One vector a residue as (B, L, 3)."""
    found = np.asarray(arrows, dtype=np.float32)
    if found.shape != (conformers, residues, 3):
        raise StructureError(
            f"The arrows have shape {found.shape}, expected ({conformers}, {residues}, 3): "
            "one vector a residue."
        )
    if not np.isfinite(found).all():
        raise StructureError("The arrows are NaN or infinite in places.")
    return found


def turned(vectors: Floats, before: Floats, after: Floats) -> Floats:
    """Vectors (B, L, 3) rotated as the conformers were, from ``before`` to ``after``."""
    x, y = (points.reshape(len(points), -1, 3) for points in (before, after))
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    return vectors @ (np.linalg.pinv(x) @ y)


def arrow_lengths(vectors: Floats, scale: float) -> Floats:
    """Vectors (B, L, 3) as they are drawn, in Å; zero where there is no arrow."""
    size = scale * np.linalg.norm(vectors, axis=-1, keepdims=True)
    drawn = np.where(size < SHORTEST_ARROW, 0.0, np.minimum(size, LONGEST_ARROW))
    return vectors * scale * drawn / np.maximum(size, SHORTEST_ARROW)


def template_pdb(sequence: str) -> str:
    """A flat chain of N, CA, C, O whose atoms are near enough for NGL to see every bond.

    NGL finds bonds and the chain once, from the positions that it loads; only after that may
    positions be as scattered as diffusion makes them.
    """
    place = {"N": (0.0, 0.4, 0.0), "CA": (1.2, -0.4, 0.0), "C": (2.4, 0.4, 0.0)}
    place["O"] = (2.4, 1.6, 0.0)
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
    """A number a residue, the colours that numbers stand for, and a legend.

    The numbers travel in NGL's B-factor column, the colours as the scale over ``domain``.
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
        legend = {"title": "no values to colour by yet", "labels": []}
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
    """Helix, strand or coil of every residue, (B, L)."""
    return secondary_structure(conformers.backbone, sequence)


def picture_of(
    shown: Conformers,
    sequence: str,
    scene: dict[str, Any],
    color: str,
    value_range: tuple[float, float] | None,
    value_label: str,
    arrow_scale: float,
) -> dict[str, Any]:
    """What a scene says of its conformers; binary parts are little-endian."""
    picture: dict[str, Any] = {}
    classes = None
    if scene["style"] == "cartoon" or color == "secondary structure":
        classes = structure_classes(shown, sequence)
        codes = np.select([classes == "C", classes == "E"], [ord("c"), ord("e")], ord("h"))
        picture["structure"] = codes.astype(np.uint8).tobytes()  # (B, L), NGL's letters
    ca = shown.backbone[:, :, 1]
    reach = np.linalg.norm(ca, axis=-1)  # (B, L)
    if shown.arrows is not None:
        arrows = arrow_lengths(shown.arrows, arrow_scale)
        reach = np.maximum(reach, np.linalg.norm(ca + arrows, axis=-1))
        vectors = arrows.astype("<f4").tobytes()  # (B, L, 3)
        picture["arrows"] = {"vectors": vectors, "colors": list(shown.colors)}
    alone = scene["selected"] is not None and scene["selected"] < len(shown)
    picture["radius"] = float(reach[scene["selected"] if alone else slice(None)].max())
    picture["positions"] = shown.backbone.astype("<f4").tobytes()  # (B, L, 4, 3)
    return picture | coloring(color, shown, classes, value_range, value_label)
