"""Random settings: accepted, or refused with an error of the package."""

from __future__ import annotations

import dataclasses

from typer.testing import CliRunner

from confdiff_widgets.cli import app
from confdiff_widgets.errors import LONGEST_MESSAGE, UserError
from confdiff_widgets.guidance.fixed_residues import parse_residues
from confdiff_widgets.reports import EvaluationSettings
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import grid, parse_axis
from confdiff_widgets.sweep.cluster import check_workers
from confdiff_widgets.sweep.job import SweepJob

from . import values


def attempt(call, *arguments, **settings):
    """Call a function, which may only raise errors of the package with a short message."""
    try:
        return call(*arguments, **settings)
    except UserError as error:
        assert 0 < len(str(error)) <= LONGEST_MESSAGE
        return None


def test_settings_in_python(fuzz):
    def one(rng):
        for kind in (SamplerConfig, EvaluationSettings):
            names = [field.name for field in dataclasses.fields(kind)]
            chosen = rng.sample(names, rng.randint(1, 3))
            config = attempt(kind, **{name: values.anything(rng) for name in chosen})
            if config is not None and kind is SamplerConfig:
                assert kind(**config.to_dict()) == config
        attempt(parse_axis, values.text(rng), "--eta")
        attempt(parse_residues, values.text(rng), 10)
        attempt(check_workers, values.anything(rng))
        attempt(SweepJob, energies=values.anything(rng))
        axes = {name: [values.anything(rng) for _ in range(rng.randint(0, 3))]
                for name in (rng.choice(["eta", "temperature"]), "gamma", "seed")}  # fmt: skip
        attempt(grid, ["chignolin"], axes=axes, guidance=rng.choice(["none", "force", "bogus"]))

    fuzz(one)


OPTIONS = {
    "sample": ["--gamma", "--eta", "--temperature", "--guidance", "--solver", "--steps", "--seed",
               "--t-start", "--from", "--fix", "--chain", "--out", "--sequence", "--model", "-n",
               "--device", "--representation", "--features", "--unconditional", "--stochasticity",
               "--max-hours", "--guidance-network"],
    "sweep": ["--eta", "--temperature", "--gamma", "--seed", "-n", "--guidance", "--solver",
              "--steps", "--t-start", "--energies", "--model", "--max-cells", "--out", "--workers"],
    "evaluate": ["--protein", "--reference", "--topology", "--folded", "--lag", "--frame-ps",
                 "--temperature", "--states", "--n-states", "--covered", "--seed", "--out"],
    "represent": ["--as", "--from", "--chain", "--device"],
    "label": ["--topology", "--out", "--workers"],
    "train": ["--topology", "--steps", "--skip", "--seed", "--validate", "--patience", "--start",
              "--representation", "--features", "--precision", "--devices", "--teacher"],
}  # fmt: skip
WRONG = {"sample": ["--steps", "0"], "sweep": ["-n", "1"], "train": ["--out", "out"],
         "represent": ["--as", "one-hot"]}  # fmt: skip
"""Arguments that keep a command from computing: a case must take little time."""


def test_commands(fuzz, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def one(rng):
        command = rng.choice(sorted(OPTIONS))
        arguments = [command, rng.choice(["chignolin", "missing.pdb", values.text(rng)])]
        for option in rng.sample(OPTIONS[command], rng.randint(1, 3)):
            value = values.text(rng) if rng.random() < 0.5 else str_of(values.number(rng))
            arguments += [option, value]
        arguments += WRONG.get(command, [])
        arguments = [part.encode(errors="ignore").decode().replace("\0", "") for part in arguments]
        result = runner.invoke(app, arguments)
        failed = result.exception
        if failed is not None and not isinstance(failed, SystemExit):
            raise AssertionError(f"confdiff {arguments}") from failed
        assert result.exit_code in (0, 1, 2), arguments
        if result.exit_code == 1:
            assert result.stderr.count("Error: ") == 1, arguments

    fuzz(one)


def str_of(number) -> str:
    try:
        return str(number)
    except ValueError:  # more digits than Python prints
        return "9" * 400
