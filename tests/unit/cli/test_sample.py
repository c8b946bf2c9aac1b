"""``confdiff sample``: files, output and refusals."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.models.checkpoints import save_network
from confdiff_widgets.sampling import Run, memory

QUICK = ("--steps", 3, "-n", 2)


def here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


# --- results ----------------------------------------------------------------------------------


def test_default_output(confdiff):
    result = confdiff("sample", "chignolin", *QUICK)
    assert result.exit_code == 0
    assert here() == ["chignolin.pdb"]
    assert mdtraj.load("chignolin.pdb").xyz.shape == (2, 40, 3)
    assert "2 conformers of YYDPETGTWY" in result.stdout
    assert "written: chignolin.pdb" in result.stdout


def test_only_named_files_are_overwritten(confdiff):
    confdiff("sample", "5AWL", *QUICK)
    first = Path("chignolin.pdb").read_bytes()
    for _ in range(2):
        confdiff("sample", "chignolin", *QUICK)
    assert here() == ["chignolin-2.pdb", "chignolin-3.pdb", "chignolin.pdb"]
    assert Path("chignolin.pdb").read_bytes() == first
    confdiff("sample", "chignolin", *QUICK, "--out", "chignolin.xtc")
    assert Path("chignolin.pdb").read_bytes() == first
    confdiff("sample", "chignolin", *QUICK, "--out", "chignolin.pdb")
    assert Path("chignolin.pdb").read_bytes() != first


def test_json_summary_is_the_only_output(confdiff):
    result = confdiff(
        "sample", "chignolin", *QUICK, "--gamma", 0.8, "--seed", 1, "--out", "c.xtc", "--json"
    )
    summary = json.loads(result.stdout)
    assert summary["files"] == ["c.xtc", "c-topology.pdb"]
    assert here() == ["c-topology.pdb", "c.xtc"]
    assert (summary["gamma"], summary["seed"], summary["samples"]) == (0.8, 1, 2)
    assert (summary["steps"], summary["network_evaluations"]) == (3, 6)
    assert summary["sequence"] == "YYDPETGTWY"
    assert 0 <= summary["val_clash"] <= 1
    assert 0 <= summary["val_bond"] <= 1
    assert 0 < summary["seconds_sampling"] <= summary["seconds_total"]


def test_files_depend_on_the_seed(confdiff):
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        confdiff("sample", "chignolin", *QUICK, "--seed", seed, "-o", f"{name}.pdb")
    a, b, c = (Path(f"{name}.pdb").read_bytes() for name in "abc")
    assert a == b != c


def test_random_seeds_are_reported(confdiff):
    summaries = [
        json.loads(confdiff("sample", "chignolin", *QUICK, "--json").stdout) for _ in range(2)
    ]
    assert summaries[0]["seed"] != summaries[1]["seed"]
    confdiff("sample", "chignolin", *QUICK, "--seed", summaries[0]["seed"], "-o", "again.pdb")
    assert Path("again.pdb").read_bytes() == Path("chignolin.pdb").read_bytes()


def test_heavy_atoms_and_settings(confdiff):
    confdiff("sample", "chignolin", *QUICK, "--heavy", "-o", "a.pdb")
    assert mdtraj.load("a.pdb").n_atoms == 93  # with OXT
    confdiff("sample", "chignolin", *QUICK, "--solver", "ddim", "--stochasticity", 0.5,
             "--gamma", 0, "--seed", 3, "-o", "a.npz")  # fmt: skip
    settings = Ensemble.load("a.npz").settings
    assert (settings["solver"], settings["stochasticity"]) == ("ddim", 0.5)
    assert (settings["gamma"], settings["seed"]) == (0, 3)
    assert settings["gamma_per_step"] == [0, 0, 0]


def test_solvers(confdiff):
    evaluations = {}
    for solver in ("em", "ddim", "dpm", "heun"):
        result = confdiff("sample", "chignolin", *QUICK, "--solver", solver, "--json")
        evaluations[solver] = json.loads(result.stdout)["network_evaluations"]
    assert evaluations == {"em": 3, "ddim": 3, "dpm": 3, "heun": 5}


def test_from_a_structure(confdiff, data_dir):
    """The fold survives a little noise."""
    start = data_dir / "chignolin_heavy.pdb"
    result = confdiff(
        "sample", "chignolin", "-n", 4, "--from", start, "--t-start", 0.02, "--seed", 0
    )
    assert result.exit_code == 0
    sampled, original = mdtraj.load("chignolin.pdb"), mdtraj.load(str(start))
    rmsd = mdtraj.rmsd(
        sampled.atom_slice(sampled.top.select("name CA")),
        original.atom_slice(original.top.select("name CA")),
    )
    assert 0 < rmsd.max() < 0.15  # nm


def test_trained_network_and_sequence(confdiff, trained):
    result = confdiff("sample", "--sequence", "ACDEFG", "--model", trained, *QUICK, "--json")
    summary = json.loads(result.stdout)
    assert summary["sequence"] == "ACDEFG"
    assert summary["files"] == ["sample.pdb"]
    assert mdtraj.load("sample.pdb").n_residues == 6


def test_bundled_sequences_use_bundled_networks(confdiff):
    result = confdiff("sample", "--sequence", "yydpe tgtwy", *QUICK, "--json")
    assert json.loads(result.stdout)["sequence"] == "YYDPETGTWY"


def test_bundled_heads(confdiff):
    for kind in ("force", "energy"):
        result = confdiff("sample", "chignolin", *QUICK, "--guidance", kind, "--eta", 1.0, "--json")
        summary = json.loads(result.stdout)
        assert (summary["guidance"], summary["eta"]) == (kind, 1.0)
        assert summary["network_evaluations"] == 6


def test_guidance_networks(confdiff, trained_head):
    command = ("sample", "chignolin", *QUICK, "--guidance-network", trained_head, "--json")
    summary = json.loads(confdiff(*command).stdout)
    assert (summary["guidance"], summary["eta"]) == ("energy", 1.0)
    assert summary["network_evaluations"] == 6
    window = confdiff(*command, "--eta", 2, "--eta-window", 0.5, 0.1, "-o", "a.npz")
    assert json.loads(window.stdout)["network_evaluations"] == 4
    settings = Ensemble.load("a.npz").settings
    assert settings["eta"] == {
        "value": 2.0, "start": 0.5, "stop": 0.1, "shape": "constant", "rest": 0.0
    }  # fmt: skip
    assert settings["eta_per_step"] == [0.0, 2.0, 0.0]


def test_temperatures(confdiff, thermal):
    command = ("sample", "GASP", "--model", thermal, "-n", 4, "--seed", 1)
    cold, hot = (confdiff(*command, "--temperature", kelvin, "--json") for kelvin in (300, 450))
    summaries = [json.loads(result.stdout) for result in (cold, hot)]
    assert [one["temperature"] for one in summaries] == [pytest.approx(300), pytest.approx(450)]
    assert [one["eta"] for one in summaries] == [pytest.approx(1), pytest.approx(0)]
    same = confdiff(*command, "--guidance", "temperature", "--eta", 1, "--json")
    files = [json.loads(result.stdout)["files"][0] for result in (cold, hot, same)]
    texts = [Path(file).read_text() for file in files]
    assert texts[0] == texts[2]
    assert "450 K" in confdiff(*command, "--temperature", 450).stdout
    assert "350 K" in confdiff(*command).stdout, "the temperature without a choice"
    assert "450 K" in confdiff(*command, "--guidance", "none").stdout


def test_bundled_proteins_have_a_default_temperature(confdiff):
    for name, kelvin in (("chignolin", 350), ("trp-cage", 340)):
        summary = json.loads(confdiff("sample", name, *QUICK, "--json").stdout)
        assert (summary["guidance"], summary["network_evaluations"]) == ("temperature", 3)
        assert summary["temperature"] == pytest.approx(kelvin)
    summary = json.loads(confdiff("sample", name, *QUICK, "--temperature", 300, "--json").stdout)
    assert summary["temperature"] == pytest.approx(300)
    summary = json.loads(confdiff("sample", name, *QUICK, "--guidance", "none", "--json").stdout)
    assert (summary["temperature"], summary["eta"]) == (None, 0)


@pytest.mark.parametrize(
    ("sequence", "words"),
    [
        ("GASPK", "not trained on this peptide: its ensemble is a prediction."),
        ("GYDPATGTWG", "Few training peptides have 10 to 12 residues."),
    ],
)
def test_a_peptide_is_sampled_at_300_kelvin_with_a_caution(confdiff, sequence, words):
    result = confdiff("sample", sequence, *QUICK, "--json")
    assert result.exit_code == 0, result.stderr
    assert words in " ".join(result.stderr.split())
    assert json.loads(result.stdout)["temperature"] == pytest.approx(300)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--temperature", 320, "--eta", 1), "Both η and a temperature (320 K) are given"),
        (("--temperature", 320, "--guidance", "force"), "does not apply to force guidance"),
        (("--temperature", 1000), "1000 K"),
        (("--temperature", 320, "--eta-window", 1, 0.1), "--eta-window cannot be used with"),
        (("--temperature", "nan"), "temperature is nan"),
    ],
)
def test_unusable_temperatures_are_refused(refused, no_sampling, thermal, arguments, words):
    assert words in refused("sample", "GASP", "--model", thermal, *arguments)


def test_temperatures_need_a_thermal_network(refused, no_sampling, trained):
    found = refused("sample", "chignolin", "--model", trained, "--temperature", 320)
    assert "the networks do not take a temperature. Give a thermal network" in found


def test_unavailable_guidance_is_refused(refused, no_sampling, trained, trained_head):
    command = ("sample", "chignolin")
    assert "needs physical guidance" in refused(*command, "--guidance", "none", "--eta", 1)
    assert "η is nan" in refused(*command, "--eta", "nan")
    assert "Unknown guidance 'wind'; use none, temperature" in refused(
        *command, "--guidance", "wind"
    )
    assert "without a guidance head" in refused(*command, "--guidance-network", trained)
    assert "head for energy. Use energy guidance (--guidance energy, or" in refused(
        *command, "--guidance", "force", "--guidance-network", trained_head
    )
    message = refused("sample", "--sequence", "ACDEFG", "--model", trained, "--guidance", "force")
    assert f"Force guidance is unavailable: {trained.name} has no guidance head" in message
    assert "Heads are bundled for chignolin and trp-cage only" in message
    assert "`confdiff train`" in message and "--guidance-network" in message
    alone = refused(*command, "--model", trained_head)
    assert "is a guidance head only" in alone and "--guidance-network" in alone
    assert "is a guidance head only" in refused(
        *command, "--model", trained, "--unconditional", trained_head
    )
    assert "window of a schedule is 0.1 to 0.5" in refused(
        *command, "--guidance-network", trained_head, "--eta-window", 0.1, 0.5
    )


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chignolim"], "Did you mean chignolin?"),
        (["a/b"], "Unknown protein 'a/b'"),
        ([], "Name a bundled protein or give --sequence"),
        (["chignolin", "--sequence", "AC"], "one of the two"),
        (["--sequence", "ACXB", "--model", "m"], "Unknown amino acid 'X' at position 3, 'B' at"),
        (["--sequence", "", "--model", "m"], "The sequence is empty"),
        (["--sequence", "ACD"], "for the sequence ACD of 3 residues; the bundled"),
        (["ACD" * 5, "--guidance", "force"], "no bundled model for the sequence ACDACD"),
        (["gydpetgtwg"], "one-letter code and capitals"),
        (["Gly-Leu-Asp-Pro"], "one-letter code and capitals"),
        (["chignolin", "--unconditional", "u"], "--unconditional requires --model"),
        (["chignolin", "-n", "0"], "samples is 0"),
        (["chignolin", "--steps", "0"], "steps is 0"),
        (["chignolin", "--steps", "-3"], "steps is -3"),
        (["chignolin", "--gamma", "nan"], "γ is nan"),
        (["chignolin", "--gamma", "inf"], "γ is inf"),
        (["chignolin", "--solver", "rk4"], "Unknown solver 'rk4'"),
        (["chignolin", "--solver", "em", "--stochasticity", "1"], "no tunable noise"),
        (["chignolin", "--stochasticity", "2"], "stochasticity is 2.0"),
        (["chignolin", "--t-start", "0.3"], "needs a structure"),
        (["chignolin", "--t-start", "0"], "t_start is 0.0"),
        (["chignolin", "--device", "abacus"], "Unknown device 'abacus'"),
        (["chignolin", "--model", "nowhere"], "No such checkpoint: nowhere"),
        (["chignolin", "--from", "no.pdb", "--t-start", "0.3"], "No such file: no.pdb"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_invalid_input_is_refused(refused, arguments, words):
    assert words in refused("sample", *arguments)


def test_sequences_that_exceed_the_memory_are_refused(refused, trained, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 20 * 2**20)
    message = refused("sample", "--sequence", 2000 * "A", "--model", trained)
    assert "2000 residues need about" in message
    assert "residues would fit" in message


def test_running_out_of_memory_is_reported(refused, monkeypatch):
    from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance

    def no_room(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")

    monkeypatch.setattr(ClassifierFreeGuidance, "__call__", no_room)
    assert "Memory ran out with a single conformer" in refused("sample", "chignolin", *QUICK)


@pytest.fixture
def no_sampling(monkeypatch) -> None:
    def step(run: Run) -> None:
        raise AssertionError("sampled before all checks")

    monkeypatch.setattr(Run, "step", step)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("no/c.pdb", "The folder no does not exist"),
        ("c.dcd", "Use a name ending in .pdb, .cif, .xtc, .npz"),
        ("/proc/self/c.pdb", "Cannot write into /proc/self"),
        ("/dev/null/c.pdb", "/dev/null is a file, not a folder"),
    ],
)
def test_unwritable_outputs_are_refused_before_sampling(refused, no_sampling, out, words):
    assert words in refused("sample", "chignolin", "--out", out)


def test_folders_named_like_files_are_refused(refused, no_sampling):
    Path("c.pdb").mkdir()
    assert "c.pdb is a folder" in refused("sample", "chignolin", "--out", "c.pdb")


def test_full_disks_are_reported(refused, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    message = refused("sample", "chignolin", *QUICK)
    assert "Cannot write" in message and "chignolin.pdb: No space left on device" in message


def from_structure(path: Path) -> tuple:
    return ("sample", "chignolin", "--from", path, "--t-start", "0.3")


def test_structures_of_another_protein_are_refused(refused, no_sampling, data_dir):
    message = refused(*from_structure(data_dir / "trpcage.pdb"))
    assert "sequence DAYAQWLADGGPSSGRPPPS is not YYDPETGTWY" in message
    assert "20 residues instead of 10" in message


@pytest.fixture
def outside(tmp_path) -> Path:
    """A folder for input files; the working folder stays empty."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def edited(source: Path, target: Path, edit) -> Path:
    lines = source.read_text().splitlines(keepends=True)
    target.write_text("".join(line for line in map(edit, lines) if line))
    return target


def test_structures_with_missing_atoms_are_refused(refused, no_sampling, data_dir, outside):
    def without_a_nitrogen(line: str) -> str:
        return "" if line[:4] == "ATOM" and line[12:16].strip() == "N" and "ASP" in line else line

    path = edited(data_dir / "chignolin_heavy.pdb", outside / "cut.pdb", without_a_nitrogen)
    assert "Backbone atoms N, CA or C are missing in ASP3" in refused(*from_structure(path))


def test_structures_with_nan_are_refused(refused, no_sampling, data_dir, outside):
    def spoil(line: str) -> str:
        if line[:4] == "ATOM" and line[12:16].strip() == "CA" and "ASP" in line:
            return line[:30] + "     nan" + line[38:]
        return line

    path = edited(data_dir / "chignolin_heavy.pdb", outside / "nan.pdb", spoil)
    assert "NaN" in refused(*from_structure(path))


def test_other_files_are_refused_as_structures(refused, no_sampling, data_dir, outside):
    (outside / "text.pdb").write_text("no structure\n")
    assert "text.pdb" in refused(*from_structure(outside / "text.pdb"))
    shutil.copy(data_dir / "chignolin_heavy.xtc", outside / "alone.xtc")
    assert "topology" in refused(*from_structure(outside / "alone.xtc"))


def test_damaged_and_other_checkpoints_are_refused(
    refused, no_sampling, trained, outside, tiny_network
):
    model = outside / "network.safetensors"
    command = ("sample", "chignolin", "--model", outside)
    shutil.copy(trained / "network.safetensors", model)
    model.write_bytes(model.read_bytes()[:-9])
    assert "is damaged" in refused(*command)
    shutil.copy(trained / "last.ckpt", model)
    assert "not a safetensors file" in refused(*command)
    network = tiny_network(conditional=True, seed=0)
    weights = {name: value * np.nan for name, value in network.state_dict().items()}
    save_network(model, network.config, weights, representation="one-hot")
    assert "NaN or infinite weights" in refused(*command)
    del weights["embedder.node_mlp.0.bias"]
    save_network(model, network.config, weights, representation="one-hot")
    assert "missing embedder.node_mlp.0.bias" in refused(*command)


def test_gamma_without_a_second_network_is_refused(refused, no_sampling, trained):
    message = refused("sample", "chignolin", "--model", trained, "--gamma", "0.5")
    assert "needs an unconditional network" in message


def test_missing_cuda_is_reported_once_and_replaced_by_the_cpu(confdiff, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = confdiff("sample", "chignolin", *QUICK, "--device", "cuda", "--json")
    assert result.stderr.count("no CUDA device is available; using the CPU") == 1
    assert json.loads(result.stdout)["device"] == "cpu"
