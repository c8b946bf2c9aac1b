"""Paths between two conformers: one iteration per call, from interpolation to a relaxed string."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ...ensembles.ensemble import Ensemble
from ...errors import SettingsError
from ...geometry.rigid import Rigid
from ...guidance.cfg import ClassifierFreeGuidance
from ...guidance.guided_score import GuidedScore
from ...guidance.parameters import GuidanceParameters
from ...guidance.physical import PhysicalGuidance
from ...guidance.registry import NO_GUIDANCE
from ...guidance.sampled_temperature import sampled_temperature, unguided_temperature
from ..initial_state import check_physical
from ..memory import available_bytes, check_fits
from ..run import MEMORY_SHARE
from .config import PathConfig
from .density import DensityScore, NoisedDensity, isotropic_length
from .ends import check_ends
from .finite_temperature import FiniteTemperatureString
from .metric import FrameMetric, norm
from .polyline import arc_lengths, space_equally, superposed
from .profile import PathProfile
from .zero_temperature import ZeroTemperatureString

SMOOTHING_TIMES = (0.1, 0.03)
"""Times above that of the path at which an interpolation is relaxed first, coarse to fine."""

SMOOTHING_STEPS = 8
"""Iterations at each of them."""

WINDOW = 20
"""Iterations between the two strings whose distance decides on convergence."""


@dataclass(frozen=True, eq=False)
class PathState:
    """A path after an iteration.

    Attributes
    ----------
    iteration : int
    t : float
        Time of the density that the images relax in.
    images : Rigid, shape (K, L)
        The string in the density p_t, Å, successive images superposed.
    change : float or None
        Root mean square distance of the images to those `WINDOW` iterations before, as a fraction
        of their spacing; None before.
    metric : FrameMetric
    """

    iteration: int
    t: float
    images: Rigid
    change: float | None
    metric: FrameMetric

    @property
    def arc(self) -> Tensor:
        """Arc length (K,) of each image, Å."""
        return arc_lengths(self.metric, self.images)


class Pathway:
    """A path between conformers that relaxes under the learned score.

    Iterating yields the state after each iteration. The path is kept when the iteration is stopped.

    Parameters
    ----------
    cfg : ClassifierFreeGuidance
        Score models of the protein; the path uses their device.
    sequence : str
    config : PathConfig
    points : Rigid, shape (P, L)
        Backbone frames in Å of the start, of intermediates if any, and of the end.
    physical : PhysicalGuidance, optional
        Physical guidance on the same device, as in a run.
    names : tuple of str, optional
        Names of the points for messages.

    Raises
    ------
    MemoryLimitError
        If a conformer does not fit into the device's memory.
    SettingsError
        For incompatible settings, equal ends, ends of another length or ends far outside of the
        model's data.
    """

    def __init__(
        self,
        cfg: ClassifierFreeGuidance,
        sequence: str,
        config: PathConfig,
        points: Rigid,
        *,
        physical: PhysicalGuidance | None = None,
        names: tuple[str, ...] | None = None,
    ):
        names = names or _names(points.shape[0])
        _check(cfg, sequence, config, points, physical, len(names))
        self.cfg, self.sequence, self.config = cfg, sequence, config
        self.guided = GuidedScore(cfg, physical)
        self.guided.check_gamma(config.gamma)
        self.guided.check_eta(config.eta)
        device, length = cfg.model.device, len(sequence)
        check_fits(cfg.model, length, device)
        peak = cfg.model.evaluation_bytes(length)
        chunk = max(1, int(MEMORY_SHARE * available_bytes(device) / peak))
        ell = config.rotation_length or isotropic_length(self.guided, config.t)
        self.metric = FrameMetric(ell)
        self.density = NoisedDensity(
            self.guided, config.t, config.gamma, config.eta, self.metric, chunk
        )
        self.points = points.center().to(device=device, dtype=torch.float32)
        with torch.inference_mode():
            check_ends(self.density, self.points, names)
            self._path = space_equally(self.metric, self.points, config.images)
        self._times = [t for t in SMOOTHING_TIMES if t > config.t]
        self._string: ZeroTemperatureString | FiniteTemperatureString | None = None
        self._past: deque[Rigid] = deque(maxlen=WINDOW + 1)
        self._evaluations, self._t = 0, config.t
        self.converged = False
        images = superposed(self.metric, self.density.enter(self._path))
        self.state = PathState(0, config.t, images, None, self.metric)
        """The current state; at first a geodesic interpolation."""

    @property
    def iterations(self) -> int:
        """Largest number of iterations."""
        return len(self._times) * SMOOTHING_STEPS + self.config.iterations

    @property
    def evaluations(self) -> int:
        """Network evaluations of one conformer so far."""
        return self._evaluations + (self._string.evaluations if self._string else 0)

    @property
    def finished(self) -> bool:
        return self.converged or self.state.iteration >= self.iterations

    @property
    def reason(self) -> str:
        """Why the path has not converged; empty if it has."""
        if self.converged:
            return ""
        change, done = self.state.change, self.state.iteration
        moved = "" if change is None else (
            f": its images still move by {change:.0%} of their spacing in {WINDOW} iterations, "
            f"and the limit is {self.config.tolerance:.0%}"
        )  # fmt: skip
        return f"The path has not converged after {done} iterations{moved}."

    @property
    def kelvin(self) -> float | None:
        """Temperature of the density (K), or None for networks without one."""
        if not self.cfg.thermal:
            return None
        used = [GuidanceParameters(self.config.gamma, self.config.eta)]
        kind = self.config.guidance
        unguided = kind == NO_GUIDANCE
        found = unguided_temperature(used) if unguided else sampled_temperature(kind, used)
        return None if found is None or found.kelvin is None else round(found.kelvin, 6)

    @property
    def string(self) -> ZeroTemperatureString | FiniteTemperatureString | None:
        """The string with its samples; None before the first iteration."""
        return self._string

    def __iter__(self) -> Iterator[PathState]:
        while not self.finished:
            yield self.step()

    @torch.inference_mode()
    def step(self) -> PathState:
        """Make one iteration and return the new state.

        Raises
        ------
        StopIteration
            If the path is finished.
        """
        if self.finished:
            raise StopIteration("The path is finished. Start another one.")
        done = self.state.iteration
        if done % SMOOTHING_STEPS == 0 and done // SMOOTHING_STEPS <= len(self._times):
            self._enter(done // SMOOTHING_STEPS)
        string = self._string
        assert string is not None
        string.step()
        images = superposed(self.metric, string.images)
        self._past.append(images)
        change = None
        if len(self._past) > WINDOW:
            moved = norm(self.metric.log(self._past[0], images)).square().mean().sqrt()
            arc = arc_lengths(self.metric, images)
            change = float(moved / (arc[-1] / (len(arc) - 1)))
            self.converged = change <= self.config.tolerance
        self.state = PathState(done + 1, self._t, images, change, self.metric)
        return self.state

    @torch.inference_mode()
    def predict(self) -> DensityScore:
        """Evaluate the images: their scores, predicted structures (K, L) and side chains.

        The ends are the given structures.
        """
        found = self.density.at(self.state.t)(self.state.images)
        return found._replace(structures=self._between_ends(found.structures))

    @torch.inference_mode()
    def profile(self) -> PathProfile:
        """Return -log p_t along the path (kT), the line integral of the score.

        It differs from a free energy by the entropy of transverse motion; do not compare it with
        populations.
        """
        return PathProfile.of_log_density(self.density.at(self.state.t), self.state.images)

    def ensemble(self) -> Ensemble:
        """Return the predicted structures of the images, from the start to the end."""
        found = self.predict()
        assert found.side_chains is not None
        return Ensemble.from_frames(
            superposed(self.metric, found.structures),
            found.side_chains,
            self.sequence,
            settings={
                **self.config.to_dict(),
                "sequence": self.sequence,
                "rotation_length": self.metric.rotation_length,
                "temperature_k": self.kelvin,
                "iterations": self.state.iteration,
                "converged": self.converged,
            },
        )

    def _enter(self, stage: int) -> None:
        """Start the string of a stage: each smoothing time, then that of the path."""
        config = self.config
        if self._string is not None:
            self._evaluations += self._string.evaluations + config.images
            self._path = self.predict().structures
        self._past.clear()
        smoothing = stage < len(self._times)
        self._t = self._times[stage] if smoothing else config.t
        density = self.density.at(self._t)
        images = space_equally(self.metric, density.enter(self._path))
        if smoothing or config.zero_temperature:
            self._string = ZeroTemperatureString(density, images)
        else:
            self._string = FiniteTemperatureString(density, images, config.walkers, config.seed)

    def _between_ends(self, frames: Rigid) -> Rigid:
        start, end = self.points[:1], self.points[-1:]
        return Rigid(
            torch.cat([start.quat, frames.quat[1:-1], end.quat]),
            torch.cat([start.trans, frames.trans[1:-1], end.trans]),
        )


def _names(count: int) -> tuple[str, ...]:
    between = tuple(f"Intermediate {k}" for k in range(1, count - 1))
    return ("The start", *between, "The end")


def _check(
    cfg: ClassifierFreeGuidance,
    sequence: str,
    config: PathConfig,
    points: Rigid,
    physical: PhysicalGuidance | None,
    names: int,
) -> None:
    if len(points.shape) != 2 or points.shape[0] < 2 or points.shape[0] != names:
        raise SettingsError(
            f"A path needs a start and an end, and the points have the shape "
            f"{tuple(points.shape)}. Pass frames of the shape (points, residues)."
        )
    if points.shape[1] != len(sequence):
        raise SettingsError(
            f"The ends have {points.shape[1]} residues and the sequence {len(sequence)}. Take "
            "structures of the same sequence."
        )
    if config.t < cfg.model.t_min:
        raise SettingsError(
            f"t is {config.t:g}, and the network was trained from {cfg.model.t_min:g} on. Give a "
            "larger t."
        )
    check_physical(config.guidance, physical)
