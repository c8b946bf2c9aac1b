"""The command line, Python, sweeps and the Explorer accept and refuse the same inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confdiff_widgets.errors import UserError
from confdiff_widgets.live import Status
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.sweep import Cell
from confdiff_widgets.sweep.job import SweepJob
from confdiff_widgets.widgets.explorer.initial_session import first_session

STEPS, SAMPLES = 2, 2
OPTIONS = ("model", "unconditional", "guidance_network", "representation", "features")

Inputs = dict[str, Any]
"""``protein`` and ``guidance``, and the other arguments of `load_system`."""


@pytest.fixture
def sources(tiny_network, write_lightning, trained, trained_head, tmp_path) -> dict[str, Path]:
    """Checkpoints that the cases name."""
    conditional = tiny_network(conditional=True, seed=1)
    return {
        "CONDITIONAL": trained,
        "HEAD": trained_head,
        "UNCONDITIONAL": write_lightning(
            tmp_path / "uncond.ckpt", tiny_network(conditional=False, seed=2)
        ),
        "ALL": write_lightning(
            tmp_path / "all.ckpt",
            tiny_network(conditional=True, seed=1, head="force"),
            tiny_network(conditional=False, seed=2),
        ),
        "UNNAMED": write_lightning(tmp_path / "unnamed.ckpt", conditional),
        "NOWHERE": tmp_path / "nowhere",
    }


CASES: dict[str, tuple[Inputs, str]] = {
    "bundled": ({"protein": "chignolin"}, ""),
    "alias": ({"protein": "5AWL"}, ""),
    "bundled sequence": ({"protein": "YYDPETGTWY"}, ""),
    "bundled head": ({"protein": "chignolin", "guidance": "energy"}, ""),
    "other sequence": ({"protein": "ACDEFGH", "model": "CONDITIONAL"}, ""),
    "two networks": (
        {"protein": "ACDEFGH", "model": "CONDITIONAL", "unconditional": "UNCONDITIONAL"},
        "",
    ),
    "guidance network": (
        {"protein": "chignolin", "guidance_network": "HEAD", "guidance": "energy"},
        "",
    ),
    "guidance network of another model": (
        {
            "protein": "ACDEFGH",
            "model": "CONDITIONAL",
            "guidance_network": "HEAD",
            "guidance": "energy",
        },
        "",
    ),
    "published guidance checkpoint": (
        {
            "protein": "ACDEFGH",
            "model": "ALL",
            "representation": "one-hot",
            "guidance": "force",
        },
        "",
    ),
    "unknown name": ({"protein": "chignolim"}, "Did you mean chignolin?"),
    "unknown residue": ({"protein": "ACDXX", "model": "CONDITIONAL"}, "amino acid 'X'"),
    "no network": ({"protein": "ACDEFGHIKLMNP"}, "no bundled model for the sequence"),
    "peptide": ({"protein": "ACDEFGHIKLMN"}, ""),
    "peptide at a temperature": ({"protein": "ACDE", "guidance": "temperature"}, ""),
    "peptide without a head": (
        {"protein": "ACDE", "guidance": "force"},
        "no force head is bundled for 4 residues",
    ),
    "no checkpoint": ({"protein": "chignolin", "model": "NOWHERE"}, "No such checkpoint"),
    "unconditional without a model": (
        {"protein": "chignolin", "unconditional": "UNCONDITIONAL"},
        "--unconditional requires --model",
    ),
    "conditional as unconditional": (
        {"protein": "chignolin", "model": "CONDITIONAL", "unconditional": "CONDITIONAL"},
        "is a conditional network",
    ),
    "head as model": ({"protein": "chignolin", "model": "HEAD"}, "is a guidance head only"),
    "head as unconditional": (
        {"protein": "chignolin", "model": "CONDITIONAL", "unconditional": "HEAD"},
        "is a guidance head only",
    ),
    "guidance network without a head": (
        {"protein": "chignolin", "guidance_network": "CONDITIONAL", "guidance": "force"},
        "without a guidance head",
    ),
    "guidance of another kind": (
        {"protein": "chignolin", "guidance_network": "HEAD", "guidance": "force"},
        "has a head for energy",
    ),
    "guidance without a head": (
        {"protein": "chignolin", "model": "CONDITIONAL", "guidance": "force"},
        "has no guidance head",
    ),
    "unknown guidance": (
        {"protein": "chignolin", "guidance": "wind"},
        "Unknown guidance 'wind'",
    ),
    "no representation": (
        {"protein": "chignolin", "model": "UNNAMED"},
        "does not state which representation",
    ),
    "another representation": (
        {"protein": "chignolin", "model": "CONDITIONAL", "representation": "esm2-650M"},
        "was trained on one-hot",
    ),
}


def settings(guidance: str) -> Inputs:
    return {
        "samples": SAMPLES,
        "steps": STEPS,
        "guidance": guidance,
        "eta": 0.0 if guidance == "none" else 1.0,
    }


def by_python(protein: str, guidance: str, options: Inputs) -> None:
    system = load_system(protein, **options)
    physical = system.load_physical(guidance)
    config = SamplerConfig(**settings(guidance))
    for _ in Run(system.load_networks("cpu", guidance), system.sequence, config, physical=physical):
        pass


def by_sweep(protein: str, guidance: str, options: Inputs) -> None:
    texts = {name: str(value) for name, value in options.items()}
    job = SweepJob(energies=0, device="cpu", **texts)
    chosen = settings(guidance) | job.physical_settings(protein, guidance, {"eta": [1.0]})
    ((_, cell),) = job.keys([Cell(protein, SamplerConfig(**chosen))])
    job(cell)


def by_explorer(protein: str, guidance: str, options: Inputs) -> None:
    session = first_session(
        load_system(protein, **options),
        structure=None,
        fix=None,
        seed=1,
        device="cpu",
        folder=None,
        settings=settings(guidance),
    )
    try:
        session.energies.enabled = False
        session.play()
        assert session.player.wait(Status.FINISHED, Status.FAILED), session.player.error
        if session.player.error is not None:
            raise session.player.error
    finally:
        session.close()


@pytest.fixture
def by_command(confdiff) -> Callable[[str, str, Inputs], None]:
    def run(protein: str, guidance: str, options: Inputs) -> None:
        arguments = [
            text
            for name, value in options.items()
            for text in (f"--{name.replace('_', '-')}", value)
        ]
        if guidance != "none":
            arguments += ["--guidance", guidance]
        result = confdiff("sample", protein, *arguments, "--steps", STEPS, "-n", SAMPLES)
        if result.exit_code:
            raise UserError(result.stderr.splitlines()[-1].removeprefix("Error: "))

    return run


@pytest.mark.parametrize(("inputs", "refusal"), CASES.values(), ids=CASES)
def test_all_interfaces_agree(inputs, refusal, sources, by_command):
    """Refusals have the same text in all interfaces, because each is written once."""
    options = {name: inputs[name] for name in OPTIONS if name in inputs}
    options = {name: sources.get(value, value) for name, value in options.items()}
    texts = {}
    interfaces = {
        "Python": by_python, "command": by_command, "sweep": by_sweep, "Explorer": by_explorer
    }  # fmt: skip
    for name, use in interfaces.items():
        try:
            use(inputs["protein"], inputs.get("guidance", "none"), options)
        except UserError as error:
            texts[name] = str(error)
        else:
            texts[name] = ""
    assert len(set(texts.values())) == 1, texts
    assert refusal in texts["Python"]
    assert bool(refusal) == bool(texts["Python"])
