"""Fixed residues (inpainting): residues that keep their conformation while the rest is sampled.

At each noise level the known residues replace the network's prediction for them. Their score is
then exactly that of q(x_t | x_0), and their distribution at every t is that of the forward process.
This is the replacement method of Song et al. (ICLR 2021, appendix I.2), with the known part
replaced in the predicted structure instead of in x_t, so that few-step solvers reproduce it
exactly. The other residues depend on the known part only through the network, so the result
approximates the conditional distribution (Trippe et al., ICLR 2023): residues next to the fixed
ones may have a slightly worse geometry than in a run without fixed residues.

Only the conformation of the known part is kept, not its position: in each step it is superposed on
the network's prediction of these residues.
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
from ..ranges import shown
from .cfg import ScoreEvaluation

RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, eq=False)
class FixedResidues:
    """Residues that keep their conformation in a structure.

    Attributes
    ----------
    residues : str
        The fixed residues, counted from 1: ``"3-8,12"``.
    fixed : Tensor of bool, shape (L,)
    frames : Rigid, shape (L,)
        Å; those of the other residues are ignored.
    side_chains : Tensor, shape (L, 7, 2)
    side_chain_mask : Tensor of bool, shape (L, 7)
        Part of ``side_chains`` that the structure defines.
    """

    residues: str
    fixed: Tensor
    frames: Rigid
    side_chains: Tensor
    side_chain_mask: Tensor

    @classmethod
    def of(cls, structure: Atom14Trajectory, residues: str) -> FixedResidues:
        """Take residues from the first frame of a structure.

        Raises
        ------
        SettingsError
            If residues do not exist or the text cannot be read.
        """
        fixed = parse_residues(residues, len(structure.sequence))
        frames, side_chains, defined = frames_and_torsions(
            structure.positions[:1].double(),
            structure.mask[None],
            encode_sequence(structure.sequence),
        )
        mask = defined[0] & fixed[:, None]
        # ω and φ of a residue also depend on atoms of the preceding residue, so they are fixed only
        # if that residue is fixed too.
        mask[1:, :2] &= fixed[:-1, None]
        return cls(
            residues,
            fixed,
            frames[0].center().to(torch.float32),
            side_chains[0].float(),
            mask,
        )

    def __call__(
        self, process: SE3Process, rigid: Rigid, t: float, evaluation: ScoreEvaluation
    ) -> ScoreEvaluation:
        """Return the evaluation at x_t, frames (B, L) in Å, with the known residues inserted."""
        frames = self._place(evaluation.frames)
        score = process.score(rigid, frames, t)
        return evaluation._replace(
            score=Score(
                self._at_fixed(score.trans, evaluation.score.trans),
                self._at_fixed(score.rot, evaluation.score.rot),
            ),
            frames=frames,
            conditional_frames=self._place(evaluation.conditional_frames),
            side_chains=torch.where(
                self.side_chain_mask.to(rigid.trans.device)[..., None],
                self.side_chains.to(evaluation.side_chains),
                evaluation.side_chains,
            ),
        )

    def _place(self, predicted: Rigid) -> Rigid:
        """Superpose the known residues on a prediction (B, L) and insert them."""
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
    """Return a mask (L,) of the residues in a text such as ``"3-8,12"``, counted from 1.

    Raises
    ------
    SettingsError
        If the text has another form, a residue does not exist, or all residues are fixed.
    """
    mask = torch.zeros(length, dtype=torch.bool)
    for part in text.split(","):
        found = RANGE.fullmatch(part.strip())
        if not found:
            raise SettingsError(f"Cannot read the residues {shown(text)}. Write them as 3-8,12.")
        first = _number(found[1])
        last = _number(found[2] or found[1])
        if not 1 <= first <= last <= length:
            raise SettingsError(
                f"Residues {part.strip():.40} do not all exist: the sequence has 1 to {length}."
            )
        mask[first - 1 : last] = True
    if mask.all():
        raise SettingsError(
            "All residues are fixed, so nothing is left to sample. Leave some free."
        )
    return mask


def _number(digits: str) -> int:
    """Return a residue number; one that is too long to exist becomes a number that is too large."""
    return int(digits) if len(digits) < 10 else 10**10
