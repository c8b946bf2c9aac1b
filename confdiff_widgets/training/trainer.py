"""The training loop: AdamW, averaged weights, gradient clipping and resumable checkpoints."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import torch
from torch import Tensor, nn

from ..errors import SettingsError
from ..files.writing import make_folder, write_bytes
from ..models.checkpoints import NETWORK_FILE, CheckpointError, load_network, save_network
from ..models.config import NetworkConfig
from ..models.network import ScoreNetwork
from ..representations.base import Representation
from .batches import BatchSampler
from .checkpoint import Validated, damaged, read_checkpoint
from .config import TrainingConfig
from .conformers import Conformers
from .logbook import Logbook
from .objectives import Objective, ScoreMatching
from .validation import Validation

Progress = Callable[[int, dict[str, float]], None]
"""Called after each step with the number of steps done and the losses."""


class ExponentialMovingAverage:
    """Exponential moving average of a model's weights.

    The decay is ``min(decay, (1 + k) / (10 + k))`` at update k, so that the average follows the
    weights closely during the first steps.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.decay = decay
        self.updates = 0
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Include the current weights of the model."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        values = model.state_dict()
        # A single fused operation avoids many small kernel launches on a GPU.
        torch._foreach_lerp_(
            list(self.weights.values()), [values[name] for name in self.weights], 1 - decay
        )

    def state_dict(self) -> dict[str, int | dict[str, Tensor]]:
        return {"updates": self.updates, "weights": self.weights}

    def load_state_dict(self, state: dict) -> None:
        self.updates = state["updates"]
        for name, value in state["weights"].items():
            self.weights[name].copy_(value)


class Trainer:
    """Trains one network.

    Parameters
    ----------
    network : NetworkConfig
    config : TrainingConfig
    data : sequence of Conformers
    probabilities : sequence of float
        Relative frequency with which each protein is drawn.
    representation : Representation or None
        None trains an unconditional network.
    folder : path
        Output folder for ``last.ckpt``, ``network.safetensors`` (averaged weights), ``losses.csv``
        and ``losses.png``. Training resumes from ``last.ckpt`` if it exists.
    objective : Objective, optional
        Loss to minimise. Default: score matching, where conformers that have energies E are drawn
        with probability ∝ e^{-E}, so that the network learns the tilted distribution.
    start : path, optional
        Network file with the initial weights of a new training; a guidance head may be missing.
    accelerator : str
        Accelerator in Lightning Fabric: "auto", "cpu" or "cuda".
    devices : int
        Number of devices for data-parallel training.
    validation : Validation, optional
        Evaluates the averaged network at each checkpoint. ``network.safetensors`` is then the best
        one so far, and training can stop early.
    """

    def __init__(
        self,
        network: NetworkConfig,
        config: TrainingConfig,
        data: Sequence[Conformers],
        probabilities: Sequence[float],
        representation: Representation | None,
        folder: str | Path,
        *,
        objective: Objective | None = None,
        start: str | Path | None = None,
        accelerator: str = "auto",
        devices: int = 1,
        validation: Validation | None = None,
    ):
        from lightning_fabric import Fabric

        self.config, self.network_config = config, network
        self.representation = representation
        self.folder = make_folder(Path(folder))
        try:
            self.fabric = Fabric(
                accelerator=accelerator, devices=devices, precision=config.precision
            )
        except (ValueError, RuntimeError) as error:
            raise SettingsError(
                f"Cannot train on {devices} x {accelerator} in {config.precision}: {error}. Choose "
                "another accelerator, number of devices or precision."
            ) from error
        self.fabric.launch()
        torch.manual_seed(config.seed)
        model = ScoreNetwork(network)
        if start is not None:
            _copy_weights(start, model)
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.model, self.optimizer = self.fabric.setup(model, optimizer)
        self.ema = ExponentialMovingAverage(self.model.module, config.ema)
        self.objective = objective or ScoreMatching(config.losses, config.t_min, network.process())
        self.sampler = BatchSampler(
            data,
            probabilities,
            config.residues,
            representation,
            tilted=objective is None,
            cold_weight=config.cold_weight,
        )
        self.generator = torch.Generator().manual_seed(config.seed + self.fabric.global_rank)
        self.step = 0
        self.validation = validation
        self.logbook = Logbook(self.folder, main=self.fabric.is_global_zero)
        if self.checkpoint_path.exists():
            self._load()

    @property
    def checkpoint_path(self) -> Path:
        return self.folder / "last.ckpt"

    @property
    def network_path(self) -> Path:
        """Path of the averaged weights: the last ones, or the best ones with a validation."""
        return self.folder / NETWORK_FILE

    def run(self, progress: Progress | None = None, *, until: int | None = None) -> None:
        """Train up to the last step, or to step ``until``."""
        end = self.config.steps if until is None else min(until, self.config.steps)
        self.model.train()
        while self.step < end and not (self.validation and self.validation.exhausted):
            losses = self._train_step()
            self.step += 1
            self.logbook.add(self.step, losses)
            if progress is not None:
                progress(self.step, losses)
            if self.step % self.config.checkpoint_every == 0 or self.step == end:
                self.save()

    def _train_step(self) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._rate(self.step)
        # The noise of dropout depends on the step only, so that resuming changes nothing.
        torch.manual_seed(self._seed())
        batch = self.sampler.draw(self.generator)
        loss, terms = self.objective(self.model, batch, self.generator, self.fabric.device)
        self.optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        norm = self.fabric.clip_gradients(
            self.model, self.optimizer, max_norm=self.config.clip, error_if_nonfinite=False
        )
        assert norm is not None
        if not torch.isfinite(norm):
            raise FloatingPointError(
                f"The gradient became {norm.item()} at step {self.step}. Lower the learning rate "
                f"and resume from {self.checkpoint_path}."
            )
        self.optimizer.step()
        self.ema.update(self.model.module)
        values = {"total": loss, **terms, "gradient": norm}
        return {name: float(value.detach()) for name, value in values.items()}

    def _seed(self) -> int:
        """Return the seed of this step and process."""
        return hash((self.config.seed, self.step, self.fabric.global_rank)) % 2**63

    def _rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / max(1, self.config.warmup))
        return warm * 0.5 * (1 + math.cos(math.pi * step / self.config.steps))

    def save(self) -> None:
        """Write the averaged network if it is the best one, the checkpoint, and the loss curves.

        The checkpoint comes after the network, so that a crash between them loses neither.
        """
        best = self.validation is None or self.validation.evaluate(
            self.step,
            self.network_config,
            self.ema.weights,
            self.objective,
            self.fabric.device,
        )
        if not self.fabric.is_global_zero:
            return
        state = {
            "network": self.network_config.to_dict(),
            "training": asdict(self.config),
            "step": self.step,
            "model": self.model.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state_dict(),
            "generator": self.generator.get_state(),
            "validation": self.validation.state_dict() if self.validation else None,
        }
        content = io.BytesIO()  # torch.save to a file hides the reason of a failure
        torch.save(state, content)
        if best:
            self._save_network()
        write_bytes(self.checkpoint_path, content.getvalue())
        self.logbook.write()

    def _save_network(self) -> None:
        save_network(
            self.network_path,
            self.network_config,
            self.ema.weights,
            representation=self.representation.name if self.representation else None,
        )

    def _load(self) -> None:
        state = read_checkpoint(self.checkpoint_path)
        if state.network != self.network_config:
            raise SettingsError(
                f"{self.checkpoint_path} contains a network of other sizes. Choose another folder, "
                "or the sizes of that training."
            )
        try:
            self.model.module.load_state_dict(state.model)
            self.optimizer.load_state_dict(state.optimizer)
            self.ema.load_state_dict(state.ema)
            self.generator.set_state(state.generator)
        except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise damaged(self.checkpoint_path, error) from error
        self.step = state.step
        if self.validation is not None and state.validation is not None:
            self.validation.load_state_dict(msgspec.to_builtins(state.validation))
        if self.fabric.is_global_zero:
            self._restore_network(state.validation)
        else:
            # The stored state is that of the first process; the others draw their own noise.
            self.generator.manual_seed(self._seed())
        self.logbook.load(self.step)

    def _restore_network(self, validated: Validated | None) -> None:
        """Write the network of the checkpoint again, unless it is an earlier one that is there.

        Versions up to 0.1 wrote the checkpoint first, so that a crash left an older network.
        """
        best = None if validated is None else validated.best_step
        if best in (None, self.step):
            self._save_network()
            return
        try:
            load_network(self.network_path)
        except CheckpointError as error:
            raise CheckpointError(
                f"The best network, of step {best}, is lost: {error} Remove {self.checkpoint_path} "
                "to train again."
            ) from error


def _copy_weights(path: str | Path, model: ScoreNetwork) -> None:
    given, _ = load_network(path)
    # Layers that the initial network lacks start anew; the forward process may differ.
    same = replace(
        given.config,
        head=model.config.head,
        temperature=model.config.temperature,
        sigma_min=model.config.sigma_min,
        t_min=model.config.t_min,
    )
    temperatures = {0, model.config.temperature}
    if model.config.head is not None:  # the gradient of one temperature: the input is dropped
        temperatures.add(given.config.temperature)
    added_only = given.config.head in (None, model.config.head)
    added_only = added_only and given.config.temperature in temperatures
    if same != model.config or not added_only:
        raise SettingsError(
            f"{path} contains a network of other sizes, so training cannot start from it. Use its "
            f"sizes: {given.config.to_dict()}"
        )
    model.load_state_dict(given.state_dict(), strict=False)
