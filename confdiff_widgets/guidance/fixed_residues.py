"""Residues that keep the shape they have in a structure while the rest is sampled.

At each noise level the known residues take the place of what the network predicts for them, so
their score is exactly that of q(x_t | x_0), and they are distributed at every t as the forward
process would have them: the replacement method of Song et al. (ICLR 2021, appendix I.2), with the
known part replaced in the prediction of the data instead of in x_t, which lets few-step solvers
reach it exactly. The rest sees the known part through the network alone, so the result is an
approximation of the conditional distribution (Trippe et al., ICLR 2023): residues beside the known
ones may sit a little worse than in an unrestrained run.

What is kept is the shape of the known part, not its place: the structure is laid on the network's
own prediction of these residues in each step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.se3 import Score, SE3Process
from ..errors import SettingsError
from ..geometry.atom14 import frames_and_torsions
from ..geometry.kabsch import frame_points, kabsch_transform
from ..geometry.residues import encode_sequence
from ..geometry.rigid import Rigid
from ..geometry.structure import Atom14Trajectory
from .cfg import ScoreEvaluation

RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, eq=False)
class FixedResidues:
    """Residues held as they are in a structure.

    Attributes
    ----------
    residues : str
        What is held, counted from 1: ``"3-8,12"``.
    fixed : Tensor of bool, shape (L,)
    frames : Rigid, shape (L,)
        Å; those of the other residues are ignored.
    torsions : Tensor, shape (L, 7, 2)
    torsion_mask : Tensor of bool, shape (L, 7)
        Torsions that the structure states.
    """

    residues: str
    fixed: Tensor
    frames: Rigid
    torsions: Tensor
    torsion_mask: Tensor

    @classmethod
    def of(cls, structure: Atom14Trajectory, residues: str) -> FixedResidues:
        """Residues of the first frame of a structure.

        Raises
        ------
        SettingsError
            For residues that are not there, or a text that names none.
        """
        fixed = parse_residues(residues, len(structure.sequence))
        found = frames_and_torsions(
            structure.positions[:1].double(),
            structure.mask[None],
            encode_sequence(structure.sequence),
        )
        mask = found.torsion_mask[0] & fixed[:, None]
        # ω and φ of a residue belong to the bond before it, which is held if that residue is too
        mask[1:, :2] &= fixed[:-1, None]
        return cls(
            residues,
            fixed,
            found.frames[0].center().to(torch.float32),
            found.torsions[0].float(),
            mask,
        )

    def __call__(
        self, process: SE3Process, rigid: Rigid, t: float, evaluation: ScoreEvaluation
    ) -> ScoreEvaluation:
        """The evaluation at x_t, frames (B, L) in Å, with the known residues in their place."""
        frames = self._place(evaluation.frames)
        score = process.score(rigid, frames, t)
        return evaluation._replace(
            score=Score(
                self._at_fixed(score.trans, evaluation.score.trans),
                self._at_fixed(score.rot, evaluation.score.rot),
            ),
            frames=frames,
            conditional_frames=self._place(evaluation.conditional_frames),
            torsions=torch.where(
                self.torsion_mask.to(rigid.trans.device)[..., None],
                self.torsions.to(evaluation.torsions),
                evaluation.torsions,
            ),
        )

    def _place(self, predicted: Rigid) -> Rigid:
        """A prediction (B, L) with the known residues laid on its own."""
        fixed = self.fixed.to(predicted.trans.device)
        known = self.frames.to(predicted.trans)
        motion = kabsch_transform(frame_points(known[fixed]), frame_points(predicted[:, fixed]))
        placed = motion[:, None].compose(known[None])
        return Rigid(
            self._at_fixed(placed.quat, predicted.quat),
            self._at_fixed(placed.trans, predicted.trans),
        )

    def _at_fixed(self, known: Tensor, free: Tensor) -> Tensor:
        return torch.where(self.fixed.to(free.device)[:, None], known.to(free.dtype), free)


def parse_residues(text: str, length: int) -> Tensor:
    """A mask (L,) of the residues that a text such as ``"3-8,12"`` names, counted from 1.

    Raises
    ------
    SettingsError
        For another form, residues that are not there, or all of them.
    """
    mask = torch.zeros(length, dtype=torch.bool)
    for part in text.split(","):
        found = RANGE.fullmatch(part.strip())
        if not found:
            raise SettingsError(f"Cannot read the residues {text!r}: write them as 3-8,12.")
        first = int(found[1])
        last = int(found[2] or first)
        if not 1 <= first <= last <= length:
            raise SettingsError(
                f"Residues {part.strip()} are not all there: the sequence has 1 to {length}."
            )
        mask[first - 1 : last] = True
    if mask.all():
        raise SettingsError("All residues are held, so nothing is left to sample: leave some free.")
    return mask
