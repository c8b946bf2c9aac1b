"""A run of the sampler: one solver step a call, movable knobs, a past that can be revisited."""

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
from ..guidance.schedule import Strength
from .config import SamplerConfig
from .divergence import divergence_error, is_bounded
from .initial_state import check_together, first_frames
from .memory import Chunked, available_bytes, check_fits, evaluation_bytes
from .random_numbers import generator_for
from .resampling import reweigh
from .state import State

MEMORY_SHARE = 0.5
"""Share of the free memory that one network evaluation is planned to use."""


class Run:
    """A run, from noise or from a noised structure to conformers.

    Iterating yields the state after each step. Between steps :attr:`gamma` and :attr:`eta` may be
    set; they act on the very next step and are recorded.

    Parameters
    ----------
    mix : ClassifierFreeGuidance
        Networks and features of the protein; their device is the run's.
    sequence : str
    config : SamplerConfig
    structure : Rigid, shape (L,), (1, L) or (samples, L), optional
        Backbone frames in Å to start from where ``config.t_start`` is below 1.
    physical : PhysicalGuidance, optional
        Estimate of the physical guidance, on the same device; η other than 0 needs it.
    fixed_residues : FixedResidues, optional
        Residues that keep the shape they have in a structure.
    keep_every : int
        Every how many steps a state is kept for rewinding; between kept states the run is
        repeated, which gives the same numbers.

    Raises
    ------
    MemoryLimitError
        If not even one conformer fits into the device's memory.
    SettingsError
        For settings that do not go together.
    """

    def __init__(
        self,
        mix: ClassifierFreeGuidance,
        sequence: str,
        config: SamplerConfig,
        *,
        structure: Rigid | None = None,
        physical: PhysicalGuidance | None = None,
        fixed_residues: FixedResidues | None = None,
        keep_every: int = 1,
    ):
        check_together(sequence, config, structure, physical, fixed_residues)
        self.mix, self.sequence, self.config = mix, sequence, config
        self.structure, self.fixed_residues = structure, fixed_residues
        self.guided = GuidedScore(mix, physical)
        self.keep_every = keep_every
        network = mix.conditional or mix.unconditional
        assert network is not None
        self.device = next(network.parameters()).device
        self.solver = config.make_solver()
        self.times = self.solver.times(config.steps, config.t_start)
        self._knobs = GuidanceParameters(
            self.guided.check_gamma(config.gamma), self.guided.check_eta(config.eta)
        )
        self._moved: list[GuidanceParameters] = []  # of each step
        self.evaluations = 0
        self._seeds = [config.seed] * len(self.times)

        length = len(sequence)
        check_fits(network.config, length, self.device)
        peak = 1.0 if physical is None else max(1.0, physical.memory)
        per_conformer = peak * evaluation_bytes(network.config, length)
        fits = int(MEMORY_SHARE * available_bytes(self.device) / per_conformer)
        self._chunk = min(config.samples, max(1, fits))
        rigid = first_frames(mix.process, config, length, structure, self.device)
        self._kept = [State(0, self.times[0], rigid)]

    @property
    def batch(self) -> int:
        """Conformers that go through the network together; less once memory ran out."""
        return self._chunk

    @property
    def state(self) -> State:
        """The run now."""
        return self._kept[-1]

    @property
    def states(self) -> list[State]:
        """The kept states, the present one last."""
        return list(self._kept)

    @property
    def gamma(self) -> Strength:
        """γ from the next step on."""
        return self._knobs.gamma

    @gamma.setter
    def gamma(self, value: Strength) -> None:
        self._knobs = self._knobs._replace(gamma=self.guided.check_gamma(value))

    @property
    def eta(self) -> Strength:
        """η from the next step on."""
        return self._knobs.eta

    @eta.setter
    def eta(self, value: Strength) -> None:
        self._knobs = self._knobs._replace(eta=self.guided.check_eta(value))

    @property
    def gammas(self) -> list[float]:
        """γ of each step made."""
        return [knobs.at(t)[0] for knobs, t in zip(self._moved, self.times, strict=False)]

    @property
    def etas(self) -> list[float]:
        """η of each step made."""
        return [knobs.at(t)[1] for knobs, t in zip(self._moved, self.times, strict=False)]

    @property
    def knobs(self) -> list[GuidanceParameters]:
        """γ and η, numbers or schedules, as they stood at each step made."""
        return list(self._moved)

    @property
    def seeds(self) -> list[int]:
        """Seed of each step made."""
        return self._seeds[: self.state.step]

    def reseed(self, seed: int) -> None:
        """Take the random numbers of the steps to come from another seed."""
        made = self.state.step
        self._seeds = self._seeds[:made] + [seed] * (self.steps - made)

    @property
    def steps(self) -> int:
        """Steps in all."""
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
            As :meth:`check`, which is asked on a CPU after each step and elsewhere after the last.
        """
        if self.finished:
            raise StopIteration("The run is finished; rewind it or start another one.")
        state, knobs = self.state, self._knobs
        k, t = state.step, state.t
        evaluation = self._evaluate(state.rigid, t, knobs)
        rigid, time, solver_state = self._result(evaluation), 0.0, self.solver.init()
        if k + 1 < self.steps:
            time = self.times[k + 1]
            rigid, solver_state = self.solver.step(
                self.mix.process,
                state.rigid,
                evaluation.score,
                t,
                time,
                noise=lambda: self._noise(k + 1),
                evaluate=lambda x, s: self._evaluate(x, s, knobs).score,
                solver_state=state.solver_state,
            )
        self._moved.append(knobs)
        after = State(
            k + 1, time, rigid, evaluation, t, *knobs.at(t), solver_state, knobs=knobs,
            seed=self._seeds[k],
        )  # fmt: skip
        if self.config.resample is not None:
            generator = generator_for(self._seeds[k], -(k + 1), self.device)
            uniform = torch.rand((), generator=generator, device=self.device)
            after = reweigh(self.mix.process, state, after, self.config.resample, uniform)
        self._kept.append(after)
        if self.device.type == "cpu" or self.finished:
            self.check()
        if k % self.keep_every and len(self._kept) > 2:
            del self._kept[-2]
        return self.state

    def check(self) -> None:
        """Go back to the last state whose numbers are finite; waits for the device.

        Raises
        ------
        DivergenceError
            If that is not the present one.
        """
        bad = None
        while len(self._kept) > 1 and not is_bounded(self.state):
            bad = self._kept.pop()
        if bad is not None:
            del self._moved[self.state.step :]
            raise divergence_error(bad, self.steps, self.state.step)

    def rewind(self, step: int) -> State:
        """Go back to the state after ``step`` steps and forget what came later.

        γ and η are again what they were in the step that led there.
        """
        if not 0 <= step <= self.state.step:
            raise SettingsError(
                f"Cannot rewind to step {step}: the run is at step {self.state.step}."
            )
        self._kept = [state for state in self._kept if state.step <= step]
        repeat = self._moved[self.state.step : step]
        del self._moved[self.state.step :]
        for self._knobs in repeat:
            self.step()
        self._knobs = (
            self._moved[-1] if step else GuidanceParameters(self.config.gamma, self.config.eta)
        )
        return self.state

    def branch(
        self,
        step: int,
        *,
        gamma: Strength | None = None,
        eta: Strength | None = None,
        seed: int | None = None,
    ) -> Run:
        """A new run that shares the past up to ``step`` and has its own future.

        With no other γ, η or seed it repeats this run, as far as its knobs stayed the same.
        """
        other = object.__new__(Run)
        other.__dict__.update(self.__dict__)
        other._kept, other._moved = list(self._kept), list(self._moved)
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
        """The conformers as they are now: the result, or x̂_0 of an unfinished run."""
        evaluation = self.state.evaluation
        if evaluation is None:
            raise SettingsError("The run has made no step yet, so there is no structure to show.")
        frames = self.state.rigid if self.finished else evaluation.frames
        return Ensemble.from_frames(
            frames,
            evaluation.torsions,
            self.sequence,
            settings={
                **self.config.to_dict(),
                "sequence": self.sequence,
                "device": str(self.device),
                "guidance": self.guided.physical.name if self.guided.physical else "none",
                "gamma_per_step": self.gammas,
                "eta_per_step": self.etas,
                "seed_per_step": self.seeds,
                "finished": self.finished,
                **({"fixed": self.fixed_residues.residues} if self.fixed_residues else {}),
            },
        )

    def _noise(self, step: int) -> Score:
        generator = generator_for(self._seeds[step - 1], step, self.device)
        shape = (2, self.config.samples, len(self.sequence), 3)
        trans, rot = torch.randn(shape, generator=generator, device=self.device)
        return Score(trans, rot)

    def _evaluate(self, rigid: Rigid, t: float, knobs: GuidanceParameters) -> ScoreEvaluation:
        gamma, eta = knobs.at(t)

        def evaluate(part: slice) -> ScoreEvaluation:
            found = self.guided(rigid[part], t, gamma, eta)
            if self.fixed_residues is None:
                return found
            return self.fixed_residues(self.mix.process, rigid[part], t, found)

        chunked = Chunked(evaluate, join_evaluations, self._chunk)
        evaluation = chunked(rigid.shape[0])
        self._chunk = chunked.chunk
        self.evaluations += self.guided.networks(gamma, eta)
        return evaluation

    def _result(self, evaluation: ScoreEvaluation) -> Rigid:
        frames = (
            evaluation.conditional_frames if self.solver.final_conditional else evaluation.frames
        )
        return frames.center()
