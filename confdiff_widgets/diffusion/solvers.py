"""Solvers of the reverse process: rules that take x_t to x_s, s < t, given the score at x_t.

``em`` is the published sampler. The others step in closed form under a fixed prediction of the
data (exponential integrators), on positions in scaled R³ and on orientations along geodesics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from torch import Tensor

from ..errors import SettingsError
from ..geometry.rigid import Rigid
from .se3 import Score, SE3Process

T_MIN = 0.01
"""Smallest time at which the networks are evaluated, as published."""


class DataPrediction(NamedTuple):
    """The data that a score points to (Tweedie)."""

    trans: Tensor  # (B, L, 3) scaled units
    quat: Tensor  # (B, L, 4)
    t: float  # where the score was taken


class Step(NamedTuple):
    """Outcome of a solver's step."""

    rigid: Rigid  # x_s
    memory: DataPrediction | None  # what the next step wants to know of this one


class Solver(Protocol):
    """One rule of integration.

    Attributes
    ----------
    evaluations : int
        Evaluations of the score in one step.
    final_conditional : bool
        Whether the conditional network's own prediction is the result, as published, and not the
        prediction of the mix.
    """

    evaluations: int
    final_conditional: bool

    def times(self, steps: int, t_start: float) -> list[float]:
        """Times at which the score is evaluated, falling from ``t_start``."""
        ...

    def step(
        self,
        process: SE3Process,
        rigid: Rigid,
        score: Score,
        t: float,
        s: float,
        *,
        noise: Callable[[], Score],
        evaluate: Callable[[Rigid, float], Score],
        memory: DataPrediction | None,
    ) -> Step:
        """From x_t to x_s. ``noise`` draws standard normals of the shape of a score."""
        ...


@dataclass(frozen=True)
class EulerMaruyama:
    """The published sampler: uniform Euler steps of the geodesic random walk down to t = 0.01."""

    evaluations = 1
    final_conditional = True

    def times(self, steps: int, t_start: float) -> list[float]:
        # ``steps`` divides the whole of [0, 1], as published; 1e-9 absorbs rounding
        count = math.floor((t_start - T_MIN) * steps + 1e-9) + 1
        return [t_start - k / steps for k in range(max(count, 1))]

    def step(
        self,
        process: SE3Process,
        rigid: Rigid,
        score: Score,
        t: float,
        s: float,
        *,
        noise: Callable[[], Score],
        evaluate: Callable[[Rigid, float], Score],
        memory: DataPrediction | None,
    ) -> Step:
        return Step(process.reverse_step(rigid, score, t, t - s, noise()), None)


@dataclass(frozen=True)
class Exponential:
    """Exponential integrator in the noise level, first or second order, with tunable noise.

    With ``noise`` 0 this is the probability-flow ODE (DDIM; second order: DPM-Solver++(2M), Lu et
    al. 2022), with ``noise`` 1 the reverse SDE. On SO(3) the step follows the geodesic to the
    predicted orientation by the fraction 1 - σ(s)/σ(t).

    Attributes
    ----------
    order : int
        1, or 2 to extrapolate the prediction from the previous step's.
    stochasticity : float
        Fraction in [0, 1] of the reverse SDE's noise.
    """

    order: int = 2
    stochasticity: float = 0.0

    evaluations = 1
    final_conditional = False

    def times(self, steps: int, t_start: float) -> list[float]:
        return quadratic_times(steps, t_start)

    def step(
        self,
        process: SE3Process,
        rigid: Rigid,
        score: Score,
        t: float,
        s: float,
        *,
        noise: Callable[[], Score],
        evaluate: Callable[[Rigid, float], Score],
        memory: DataPrediction | None,
    ) -> Step:
        aim = _aim(process, rigid, score, t)
        target = DataPrediction(aim.trans, process.so3.exp_map(rigid.quat, aim.way), t)
        if self.order == 2 and memory is not None:
            aim = _extrapolate(process, rigid, aim, memory, t, s)
        drawn = noise() if self.stochasticity else None
        return Step(_move(process, rigid, aim, t, s, self.stochasticity, drawn), target)


@dataclass(frozen=True)
class Heun:
    """Heun's method for the probability-flow ODE: the prediction averaged over both ends."""

    evaluations = 2
    final_conditional = False

    def times(self, steps: int, t_start: float) -> list[float]:
        return quadratic_times(steps, t_start)

    def step(
        self,
        process: SE3Process,
        rigid: Rigid,
        score: Score,
        t: float,
        s: float,
        *,
        noise: Callable[[], Score],
        evaluate: Callable[[Rigid, float], Score],
        memory: DataPrediction | None,
    ) -> Step:
        here = _aim(process, rigid, score, t)
        ahead = _move(process, rigid, here, t, s, 0.0, None)
        there = _aim(process, ahead, evaluate(ahead, s), s)
        so3 = process.so3
        way = so3.log_map(rigid.quat, so3.exp_map(ahead.quat, there.way))
        aim = Aim(0.5 * (here.trans + there.trans), 0.5 * (here.way + way))
        return Step(_move(process, rigid, aim, t, s, 0.0, None), None)


def quadratic_times(steps: int, t_start: float) -> list[float]:
    """``steps`` times from t_start to 0.01, evenly spaced in √t: most of them at low noise."""
    if steps == 1 or t_start <= T_MIN:
        return [t_start]
    high, low = math.sqrt(t_start), math.sqrt(T_MIN)
    return [(high + (low - high) * k / (steps - 1)) ** 2 for k in range(steps)]


class Aim(NamedTuple):
    """Where a step heads: a target as it is seen from x_t."""

    trans: Tensor  # (B, L, 3) scaled units
    way: Tensor  # (B, L, 3) rotation vector from R_t, radian


def _aim(process: SE3Process, rigid: Rigid, score: Score, t: float) -> Aim:
    """The data that a score points to."""
    trans = process.r3.data_prediction(rigid.trans * process.r3.scale, score.trans, t)
    return Aim(trans, process.so3.sigma(t) ** 2 * score.rot)


def _extrapolate(
    process: SE3Process, rigid: Rigid, now: Aim, before: DataPrediction, t: float, s: float
) -> Aim:
    """Linear in the half log-SNR (R³) and in log σ (SO(3)), to the middle of the step."""
    snr = process.r3.half_log_snr
    ratio = (snr(s) - snr(t)) / (2 * (snr(t) - snr(before.t)))
    trans = now.trans + ratio * (now.trans - before.trans)
    so3 = process.so3
    log_sigma = [math.log(so3.sigma(time)) for time in (before.t, t, s)]
    ratio = (log_sigma[1] - log_sigma[2]) / (2 * (log_sigma[0] - log_sigma[1]))
    there = so3.log_map(rigid.quat, before.quat)
    return Aim(trans, now.way + ratio * (now.way - there))


def _move(
    process: SE3Process,
    rigid: Rigid,
    aim: Aim,
    t: float,
    s: float,
    stochasticity: float,
    noise: Score | None,
) -> Rigid:
    """x_s if the data were at ``aim``; a part of the noise is replaced by fresh noise."""
    r3, so3 = process.r3, process.so3
    kept, fresh = _split_noise(
        r3.sigma(s), math.exp(r3.half_log_snr(t) - r3.half_log_snr(s)), stochasticity
    )
    old = (rigid.trans * r3.scale - r3.alpha(t) * aim.trans) / r3.sigma(t)
    trans = r3.alpha(s) * aim.trans + kept * old
    kept_rot, fresh_rot = _split_noise(so3.sigma(s), so3.sigma(s) / so3.sigma(t), stochasticity)
    quat = so3.exp_map(rigid.quat, (1 - kept_rot / so3.sigma(t)) * aim.way)
    if noise is not None:
        trans = trans + fresh * noise.trans
        quat = so3.exp_map(quat, fresh_rot * noise.rot)
    return Rigid(quat, trans / r3.scale).center()


def _split_noise(sigma: float, ratio: float, stochasticity: float) -> tuple[float, float]:
    """Kept and fresh parts of the noise level σ(s); ``ratio`` is (σ/α)(s) / (σ/α)(t)."""
    fresh = stochasticity * sigma * math.sqrt(max(0.0, 1 - ratio**2))
    return math.sqrt(sigma**2 - fresh**2), fresh


def default_stochasticity(name: str) -> float:
    """Noise of a solver where none is asked for: the full reverse SDE, if it can."""
    return 1.0 if name in ("ddim", "dpm") else 0.0


def make_solver(name: str, stochasticity: float = 0.0) -> Solver:
    """A solver by name.

    Parameters
    ----------
    name : {"em", "ddim", "dpm", "heun"}
    stochasticity : float
        For "ddim" and "dpm", the fraction of the reverse SDE's noise; 0 for the others.

    Raises
    ------
    SettingsError
        For an unknown name, or noise that the solver cannot use.
    """
    if not 0 <= stochasticity <= 1:
        raise SettingsError(f"stochasticity is {stochasticity}; it must lie between 0 and 1.")
    if name in ("ddim", "dpm"):
        return Exponential(order=1 if name == "ddim" else 2, stochasticity=stochasticity)
    fixed: dict[str, Solver] = {"em": EulerMaruyama(), "heun": Heun()}
    if name not in fixed:
        raise SettingsError(f"Unknown solver {name!r}. Choose one of: {', '.join(SOLVERS)}.")
    if stochasticity:
        raise SettingsError(f"Solver {name!r} has no tunable noise; use 'ddim' or 'dpm' for it.")
    return fixed[name]


SOLVERS = {
    "em": "published: uniform Euler steps of the reverse SDE",
    "ddim": "first-order exponential steps, noise from 0 (ODE) to 1 (SDE)",
    "dpm": "second-order multistep exponential steps (DPM-Solver++ 2M), noise from 0 to 1",
    "heun": "Heun's method on the probability-flow ODE, two evaluations a step",
}
"""Names of the solvers and what they are."""
