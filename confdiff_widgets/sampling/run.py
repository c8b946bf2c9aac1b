"""A run of the sampler: one solver step a call, movable knobs, a past that can be revisited."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..diffusion.se3 import Score
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..guidance.mix import Evaluation, GammaMix
from .config import SamplerConfig
from .ensemble import Ensemble
from .memory import Chunked, available_bytes, check_fits, evaluation_bytes
from .randomness import generator_for
from .state import State

MEMORY_SHARE = 0.5
"""Share of the free memory that one network evaluation is planned to use."""


class Run:
    """A run, from noise or from a noised structure to conformers.

    Iterating yields the state after each step. Between steps :attr:`gamma` may be set; it acts on
    the very next step and is recorded.

    Parameters
    ----------
    mix : GammaMix
        Networks and features of the protein; their device is the run's.
    sequence : str
    config : SamplerConfig
    structure : Rigid, shape (L,), (1, L) or (samples, L), optional
        Backbone frames in Å to start from where ``config.t_start`` is below 1.
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
        mix: GammaMix,
        sequence: str,
        config: SamplerConfig,
        *,
        structure: Rigid | None = None,
        keep_every: int = 1,
    ):
        if (structure is None) != (config.t_start == 1):
            raise SettingsError(
                "t_start below 1 needs a structure to start from, and t_start 1 starts from "
                f"noise alone: t_start is {config.t_start}, "
                f"the structure is {'missing' if structure is None else 'given'}."
            )
        self.mix, self.sequence, self.config = mix, sequence, config
        self.keep_every = keep_every
        network = mix.conditional or mix.unconditional
        assert network is not None
        self.device = next(network.parameters()).device
        self.solver = config.make_solver()
        self.times = self.solver.times(config.steps, config.t_start)
        self._gamma = mix.check_gamma(config.gamma)
        self.gammas: list[float] = []
        self.evaluations = 0
        self._seeds = [config.seed] * len(self.times)

        length = len(sequence)
        check_fits(network.config, length, self.device)
        per_conformer = evaluation_bytes(network.config, length)
        fits = int(MEMORY_SHARE * available_bytes(self.device) / per_conformer)
        self._chunk = min(config.samples, max(1, fits))
        self._kept = [State(0, self.times[0], self._start(structure))]

    @property
    def state(self) -> State:
        """The run now."""
        return self._kept[-1]

    @property
    def states(self) -> list[State]:
        """The kept states, the present one last."""
        return list(self._kept)

    @property
    def gamma(self) -> float:
        """γ of the next step."""
        return self._gamma

    @gamma.setter
    def gamma(self, value: float) -> None:
        self._gamma = self.mix.check_gamma(value)

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
        """
        if self.finished:
            raise StopIteration("The run is finished; rewind it or start another one.")
        state, gamma = self.state, self._gamma
        k, t = state.step, state.t
        evaluation = self._evaluate(state.rigid, t, gamma)
        rigid, time, memory = self._result(evaluation), 0.0, None
        if k + 1 < self.steps:
            time = self.times[k + 1]
            rigid, memory = self.solver.step(
                self.mix.process,
                state.rigid,
                evaluation.score,
                t,
                time,
                noise=lambda: self._noise(k + 1),
                evaluate=lambda x, s: self._evaluate(x, s, gamma).score,
                memory=state.memory,
            )
        if k % self.keep_every and len(self._kept) > 1:
            self._kept.pop()
        self.gammas.append(gamma)
        self._kept.append(State(k + 1, time, rigid, evaluation, t, gamma, memory))
        return self.state

    def rewind(self, step: int) -> State:
        """Go back to the state after ``step`` steps and forget what came later.

        γ is again what it was in the step that led there.
        """
        if not 0 <= step <= self.state.step:
            raise SettingsError(
                f"Cannot rewind to step {step}: the run is at step {self.state.step}."
            )
        self._kept = [state for state in self._kept if state.step <= step]
        repeat = self.gammas[self.state.step : step]
        del self.gammas[self.state.step :]
        for gamma in repeat:
            self._gamma = gamma
            self.step()
        self._gamma = self.config.gamma if self.state.gamma is None else self.state.gamma
        return self.state

    def branch(self, step: int, *, gamma: float | None = None, seed: int | None = None) -> Run:
        """A new run that shares the past up to ``step`` and has its own future.

        With neither another γ nor another seed it repeats this run, as far as γ stayed the same.
        """
        other = object.__new__(Run)
        other.__dict__.update(self.__dict__)
        other._kept, other.gammas = list(self._kept), list(self.gammas)
        other._seeds = list(self._seeds)
        other.rewind(step)
        if gamma is not None:
            other.gamma = gamma
        if seed is not None:
            other._seeds[step:] = [seed] * (len(self._seeds) - step)
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
                "gamma_per_step": list(self.gammas),
                "seed_per_step": self._seeds[: self.state.step],
                "finished": self.finished,
            },
        )

    def _start(self, structure: Rigid | None) -> Rigid:
        generator = generator_for(self.config.seed, 0, self.device)
        shape = (self.config.samples, len(self.sequence))
        if structure is None:
            return self.mix.process.prior(*shape, generator=generator, device=self.device)
        if structure.shape[-1] != shape[1]:
            raise SettingsError(
                f"The structure has {structure.shape[-1]} residues, the sequence {shape[1]}."
            )
        if len(structure.shape) > 1 and structure.shape[0] not in (1, shape[0]):
            raise SettingsError(
                f"{structure.shape[0]} structures cannot start {shape[0]} conformers: give one, or "
                "one for each."
            )
        start = Rigid(structure.quat.expand(*shape, 4), structure.trans.expand(*shape, 3))
        start = start.to(device=self.device, dtype=torch.float32)
        return self.mix.process.forward(start, self.config.t_start, generator=generator)

    def _noise(self, step: int) -> Score:
        generator = generator_for(self._seeds[step - 1], step, self.device)
        shape = (2, self.config.samples, len(self.sequence), 3)
        trans, rot = torch.randn(shape, generator=generator, device=self.device)
        return Score(trans, rot)

    def _evaluate(self, rigid: Rigid, t: float, gamma: float) -> Evaluation:
        chunked = Chunked(lambda part: self.mix(rigid[part], t, gamma), _join, self._chunk)
        evaluation = chunked(rigid.shape[0])
        self._chunk = chunked.chunk
        self.evaluations += self.mix.networks(gamma)
        return evaluation

    def _result(self, evaluation: Evaluation) -> Rigid:
        frames = (
            evaluation.conditional_frames if self.solver.final_conditional else evaluation.frames
        )
        return frames.center()


def _join(parts: list[Evaluation]) -> Evaluation:
    def rigids(items: list[Rigid]) -> Rigid:
        return Rigid(torch.cat([i.quat for i in items]), torch.cat([i.trans for i in items]))

    def scores(items: list[Score | None]) -> Score | None:
        present = [i for i in items if i is not None]
        if not present:
            return None
        return Score(torch.cat([i.trans for i in present]), torch.cat([i.rot for i in present]))

    score = scores([p.score for p in parts])
    assert score is not None
    return Evaluation(
        score,
        scores([p.conditional for p in parts]),
        scores([p.unconditional for p in parts]),
        rigids([p.frames for p in parts]),
        rigids([p.conditional_frames for p in parts]),
        torch.cat([p.torsions for p in parts]),
    )
