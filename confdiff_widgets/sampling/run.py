"""A run of the sampler: one solver step per call, with adjustable guidance and rewinding."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..diffusion.se3 import Score
from ..ensembles.ensemble import Ensemble
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..guidance.cfg import ClassifierFreeGuidance, ScoreEvaluation, join_evaluations
from ..guidance.fixed_residues import FixedResidues
from ..guidance.guided_score import GuidedScore
from ..guidance.parameters import GuidanceParameters
from ..guidance.physical import PhysicalGuidance
from ..guidance.registry import NO_GUIDANCE
from ..guidance.sampled_temperature import sampled_temperature, unguided_temperature
from ..guidance.schedule import Strength
from .config import SamplerConfig
from .divergence import divergence_error, is_bounded
from .initial_state import check_compatible, generator_for, initial_frames
from .memory import Chunked, available_bytes, check_batch_fits, check_fits
from .resampling import reweigh
from .state import State
from .weighted_runs import check_weighted_change

MEMORY_SHARE = 0.5
"""Share of the free memory that one network evaluation may use."""


class Run:
    """A run from noise, or from a noised structure, to conformers.

    Iterating yields the state after each step. :attr:`gamma` and :attr:`eta` may be changed between
    steps; they take effect in the next step and are recorded.

    Parameters
    ----------
    cfg : ClassifierFreeGuidance
        Score models of the protein; the run uses their device.
    sequence : str
    config : SamplerConfig
    structure : Rigid, shape (L,), (1, L) or (samples, L), optional
        Backbone frames in Å to start from if ``config.t_start`` is below 1.
    physical : PhysicalGuidance, optional
        Physical guidance on the same device; required for η other than 0.
    fixed_residues : FixedResidues, optional
        Residues that keep their conformation.
    keep_every : int
        Keep a state for rewinding every ``keep_every`` steps. Rewinding to a step in between
        recomputes it from the previous kept state, with identical results.

    Raises
    ------
    MemoryLimitError
        If a single conformer or the batch does not fit into the device's memory.
    SettingsError
        For incompatible settings.
    """

    def __init__(
        self,
        cfg: ClassifierFreeGuidance,
        sequence: str,
        config: SamplerConfig,
        *,
        structure: Rigid | None = None,
        physical: PhysicalGuidance | None = None,
        fixed_residues: FixedResidues | None = None,
        keep_every: int = 1,
    ):
        check_compatible(sequence, config, structure, physical, fixed_residues)
        self.cfg, self.sequence, self.config = cfg, sequence, config
        self.structure, self.fixed_residues = structure, fixed_residues
        self.guided = GuidedScore(cfg, physical)
        self.keep_every = keep_every
        self.device = cfg.model.device
        self.solver = config.make_solver()
        self.times = self.solver.times(config.steps, config.t_start, cfg.model.t_min)
        self._parameters = GuidanceParameters(
            self.guided.check_gamma(config.gamma), self.guided.check_eta(config.eta)
        )
        self._history: list[GuidanceParameters] = []  # of each completed step
        self.evaluations = 0
        self._seeds = [config.seed] * len(self.times)
        length = len(sequence)
        check_fits(cfg.model, length, self.device)
        check_batch_fits(config.samples, length, self.device)
        peak = cfg.model.evaluation_bytes(length) * max(1.0, getattr(physical, "memory", 1.0))
        fits = int(MEMORY_SHARE * available_bytes(self.device) / peak)
        self._chunk = min(config.samples, max(1, fits))
        rigid = initial_frames(cfg.process, config, length, structure, self.device)
        self._kept = [State(0, self.times[0], rigid)]

    @property
    def batch(self) -> int:
        """Conformers per network evaluation; reduced when memory runs out."""
        return self._chunk

    @property
    def state(self) -> State:
        """The current state."""
        return self._kept[-1]

    @property
    def states(self) -> list[State]:
        """The kept states, the current one last."""
        return list(self._kept)

    @property
    def gamma(self) -> Strength:
        """γ of the next step."""
        return self._parameters.gamma

    @gamma.setter
    def gamma(self, value: Strength) -> None:
        self._set(self._parameters._replace(gamma=self.guided.check_gamma(value)))

    @property
    def eta(self) -> Strength:
        """η of the next step."""
        return self._parameters.eta

    @eta.setter
    def eta(self, value: Strength) -> None:
        self._set(self._parameters._replace(eta=self.guided.check_eta(value)))

    @property
    def gammas(self) -> list[float]:
        """γ of each completed step."""
        return [gamma for gamma, _ in self._strengths()]

    @property
    def etas(self) -> list[float]:
        """η of each completed step."""
        return [eta for _, eta in self._strengths()]

    @property
    def guidance(self) -> str:
        """Kind of the physical guidance, or "none"."""
        return NO_GUIDANCE if self.guided.physical is None else self.guided.physical.name

    @property
    def kelvin(self) -> float | None:
        """Temperature of the ensemble (K); None for networks without one or if γ or η varied."""
        if not self.cfg.thermal:
            return None
        used = self._history or [self._parameters]
        if self.guidance == NO_GUIDANCE:
            found = unguided_temperature(used)
        else:
            found = sampled_temperature(self.guidance, used)
        return None if found is None or found.kelvin is None else round(found.kelvin, 6)

    @property
    def parameters(self) -> GuidanceParameters:
        """γ and η of the next step, numbers or schedules."""
        return self._parameters

    @property
    def parameter_history(self) -> list[GuidanceParameters]:
        """γ and η of each completed step, numbers or schedules."""
        return list(self._history)

    @property
    def seeds(self) -> list[int]:
        """Seed of each completed step."""
        return self._seeds[: self.state.step]

    def reseed(self, seed: int) -> None:
        """Draw the random numbers of the remaining steps from another seed."""
        completed = self.state.step
        self._seeds = self._seeds[:completed] + [seed] * (self.steps - completed)

    @property
    def steps(self) -> int:
        """Total number of steps."""
        return len(self.times)

    @property
    def finished(self) -> bool:
        return self.state.step == self.steps

    def __iter__(self) -> Iterator[State]:
        while not self.finished:
            yield self.step()

    @torch.inference_mode()
    def step(self) -> State:
        """Make one step and return the new state.

        Raises
        ------
        StopIteration
            If the run is finished.
        DivergenceError
            If the run has diverged; see :meth:`check`, which is called after each step on a CPU and
            after the last step on other devices.
        """
        if self.finished:
            raise StopIteration("The run is finished. Rewind it or start another one.")
        state, parameters = self.state, self._parameters
        k, t = state.step, state.t
        evaluation = self._evaluate(state.rigid, t, parameters)
        rigid, time, solver_state = self._result(evaluation), 0.0, self.solver.init()
        if k + 1 < self.steps:
            time = self.times[k + 1]
            rigid, solver_state = self.solver.step(
                self.cfg.process,
                state.rigid,
                evaluation.score,
                t,
                time,
                noise=lambda: self._noise(k + 1),
                evaluate=lambda x, s: self._evaluate(x, s, parameters).score,
                solver_state=state.solver_state,
            )
        self._history.append(parameters)
        after = State(
            k + 1, time, rigid, evaluation, t, parameters, solver_state, seed=self._seeds[k]
        )
        if self.config.resample is not None:
            generator = generator_for(self._seeds[k], -(k + 1), self.device)
            uniform = torch.rand((), generator=generator, device=self.device)
            after = reweigh(self.cfg.process, state, after, self.config.resample, uniform)
        self._kept.append(after)
        if self.device.type == "cpu" or self.finished:
            self.check()
        if k % self.keep_every and len(self._kept) > 2:
            del self._kept[-2]
        return self.state

    def check(self) -> None:
        """Return to the last state whose numbers are finite; synchronises with the device.

        Raises
        ------
        DivergenceError
            If the current state has diverged.
        """
        bad = None
        while len(self._kept) > 1 and not is_bounded(self.state):
            bad = self._kept.pop()
        if bad is not None:
            del self._history[self.state.step :]
            raise divergence_error(bad, self.steps, self.state.step)

    def rewind(self, step: int) -> State:
        """Return to the state after ``step`` steps and discard later states.

        γ and η are reset to those of that step.
        """
        if not 0 <= step <= self.state.step:
            raise SettingsError(
                f"Cannot rewind to step {step}: the run is at step {self.state.step}."
            )
        self._kept = [state for state in self._kept if state.step <= step]
        repeated = self._history[self.state.step : step]
        del self._history[self.state.step :]
        for self._parameters in repeated:
            self.step()
        self._parameters = self._history[-1] if step else self.config.guidance_parameters
        return self.state

    def branch(
        self,
        step: int,
        *,
        gamma: Strength | None = None,
        eta: Strength | None = None,
        seed: int | None = None,
    ) -> Run:
        """Return a new run that shares the steps up to ``step`` and continues on its own.

        If γ, η and the seed are unchanged, the new run reproduces this one up to the step at which
        this run's guidance parameters were changed.
        """
        other = object.__new__(Run)
        other.__dict__.update(self.__dict__)
        other._kept, other._history = list(self._kept), list(self._history)
        other._seeds = list(self._seeds)
        other.rewind(step)
        if gamma is not None:
            other.gamma = gamma
        if eta is not None:
            other.eta = eta
        if seed is not None:
            other.reseed(seed)
        return other

    def ensemble(self) -> Ensemble:
        """Return the current conformers: the result, or x̂_0 of an unfinished run."""
        evaluation = self.state.evaluation
        if evaluation is None:
            raise SettingsError(
                "The run has not made a step, so there are no conformers. Call step() first."
            )
        frames = self.state.rigid if self.finished else evaluation.frames
        return Ensemble.from_frames(
            frames,
            evaluation.side_chains,
            self.sequence,
            settings={
                **self.config.to_dict(),
                "sequence": self.sequence,
                "device": str(self.device),
                "guidance": self.guidance,
                "gamma_per_step": self.gammas,
                "eta_per_step": self.etas,
                "temperature_k": self.kelvin,
                "seed_per_step": self.seeds,
                "finished": self.finished,
                **({"fixed": self.fixed_residues.residues} if self.fixed_residues else {}),
            },
        )

    def _set(self, parameters: GuidanceParameters) -> None:
        if self.config.resample is not None:
            check_weighted_change(self._parameters, parameters, self.guidance, self.state.step)
        self._parameters = parameters

    def _strengths(self) -> list[tuple[float, float]]:
        return [parameters.at(t) for parameters, t in zip(self._history, self.times, strict=False)]

    def _noise(self, step: int) -> Score:
        generator = generator_for(self._seeds[step - 1], step, self.device)
        shape = (2, self.config.samples, len(self.sequence), 3)
        trans, rot = torch.randn(shape, generator=generator, device=self.device)
        return Score(trans, rot)

    def _evaluate(self, rigid: Rigid, t: float, parameters: GuidanceParameters) -> ScoreEvaluation:
        gamma, eta = parameters.at(t)

        def evaluate(part: slice) -> ScoreEvaluation:
            found = self.guided(rigid[part], t, gamma, eta)
            if self.fixed_residues is None:
                return found
            return self.fixed_residues(self.cfg.process, rigid[part], t, found)

        chunked = Chunked(evaluate, join_evaluations, self._chunk)
        evaluation = chunked(rigid.shape[0])
        self._chunk = chunked.chunk
        self.evaluations += self.guided.networks(gamma, eta)
        return evaluation

    def _result(self, evaluation: ScoreEvaluation) -> Rigid:
        last = evaluation.conditional_frames if self.solver.final_conditional else evaluation.frames
        return last.center()
