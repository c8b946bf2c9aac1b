"""Physical part of the score of temperature guidance, evaluated only for frames that are drawn.

The guided score is one evaluation at the temperature of η, so its physical part, s(T) - s(T_hot),
needs another evaluation that sampling does without.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from ..diffusion.se3 import Score
from ..guidance.cfg import ScoreEvaluation, join_evaluations
from ..guidance.temperature import TemperatureGuidance
from ..sampling import Run, State
from ..sampling.memory import Chunked
from .branch import Branch
from .frame import Frame


def with_physical_term(branch: Branch, frame: Frame) -> Frame:
    """Return a frame with the physical part of its score, and keep it in the branch.

    Returns the same frame if it has one already, or η is 0, or for other kinds of guidance, or
    without the states of the run (a saved run that has not been continued).

    Parameters
    ----------
    branch : Branch
    frame : Frame
        A frame of the branch.
    """
    run = branch.run  # another thread may change it
    if run is None or not isinstance(run.guided.physical, TemperatureGuidance):
        return frame
    if frame.physical_score is not None or not frame.eta:
        return frame
    states = {state.step: state for state in run.states}
    if frame.step - 1 not in states or frame.step not in states:
        return frame
    state = states[frame.step]
    if state.evaluation is None:
        return frame
    term = _physical_term(run, states[frame.step - 1], state)
    with_term = replace(state, evaluation=state.evaluation._replace(physical=term))
    completed = replace(
        frame, scores=with_term.mean_scores(), physical_score=term.trans.cpu().numpy()
    )
    if branch.frames.get(frame.step) is frame:
        branch.frames[frame.step] = completed
    return completed


@torch.inference_mode()
def _physical_term(run: Run, before: State, after: State) -> Score:
    """Return s(T) - s(T_hot) of a step; 0 on fixed residues, which do not follow the score."""
    t, gamma, evaluation = after.evaluated_t, after.gamma, after.evaluation
    assert t is not None and gamma is not None and evaluation is not None
    hot_networks = run.cfg.at(0.0)

    def evaluate(part: slice) -> ScoreEvaluation:
        return hot_networks(before.rigid[part], t, gamma)

    hot = Chunked(evaluate, join_evaluations, run.batch)(before.rigid.shape[0]).score
    trans, rot = evaluation.score.trans - hot.trans, evaluation.score.rot - hot.rot
    if run.fixed_residues is not None:
        free = ~run.fixed_residues.fixed.to(trans.device)[:, None]
        trans, rot = trans * free, rot * free
    return Score(trans, rot)
