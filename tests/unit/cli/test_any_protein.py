"""``confdiff sample`` and ``represent`` with proteins and checkpoints that are not bundled."""

from __future__ import annotations

import json
from pathlib import Path

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import Features
from confdiff_widgets.representations.npz import write_npz

QUICK = ("--steps", 3, "-n", 2)
BPTI = "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA"


@pytest.fixture
def guidance(tiny_network, write_lightning, tmp_path) -> Path:
    """A guidance checkpoint in the published format, on one-hot features."""
    return write_lightning(
        tmp_path / "guide.ckpt",
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )


@pytest.fixture
def published(guidance) -> tuple:
    return ("--model", guidance, "--representation", "one-hot")


def here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def summary_of(confdiff, *arguments):
    result = confdiff(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


# --- proteins ---------------------------------------------------------------------------------


def test_sequences(confdiff, published):
    summary = summary_of(confdiff, "sample", "ACDEFGH", *published, *QUICK)
    assert (summary["sequence"], summary["files"]) == ("ACDEFGH", ["sample.pdb"])


def test_fasta_files_with_several_sequences(confdiff, published, tmp_path):
    fasta = tmp_path / "many.fasta"
    fasta.write_text(">one first\nACDEF\nGH\n>../../two\nMKVLA*\n>one\nWWWWW\n")
    summaries = summary_of(confdiff, "sample", fasta, *published, *QUICK)
    assert [s["name"] for s in summaries] == ["one", "_.._two", "one-2"]
    assert [s["sequence"] for s in summaries] == ["ACDEFGH", "MKVLA", "WWWWW"]
    assert here() == ["_.._two.pdb", "one-2.pdb", "one.pdb"]
    Path("results").mkdir()
    confdiff("sample", fasta, *published, *QUICK, "--out", "results")
    assert sorted(p.name for p in Path("results").iterdir()) == here()[:3]


def test_other_proteins_continue_after_a_failure(confdiff, guidance, tmp_path):
    fasta, features = tmp_path / "many.fasta", tmp_path / "features.npz"
    fasta.write_text(">a\nACDEF\n>b\nMKVLA\n")
    write_npz(features, "one-hot", "MKVLA", Features(torch.eye(20)[:5]))
    result = confdiff("sample", fasta, "--model", guidance, "--representation", "one-hot",
                      "--features", features, *QUICK)  # fmt: skip
    assert result.exit_code == 1
    assert "a failed: " in result.stderr and "1 of 2 proteins failed" in result.stderr
    assert here() == ["b.pdb"]


def test_structure_files(confdiff, published, data_dir):
    summary = summary_of(confdiff, "sample", data_dir / "trpcage.pdb", *published, *QUICK)
    assert summary["sequence"] == "DAYAQWLADGGPSSGRPPPS"
    assert summary["files"] == ["trpcage.pdb"]


@pytest.fixture
def two_chains(data_dir, tmp_path) -> Path:
    lines = (data_dir / "chignolin_heavy.pdb").read_text().splitlines()
    atoms = [line for line in lines if line.startswith("ATOM")]
    second = [f"{line[:21]}B{line[22:]}" for line in atoms if int(line[22:26]) <= 5]
    path = tmp_path / "complex.pdb"
    path.write_text("\n".join([*(f"{a[:21]}A{a[22:]}" for a in atoms), "TER", *second, "END"]))
    return path


def test_chains(confdiff, refused, published, two_chains):
    message = refused("sample", two_chains, *published, *QUICK)
    assert "several protein chains: A (10 residues), B (5 residues)" in message
    assert "--chain" in message
    assert "no protein chain C. Choose one of A" in refused(
        "sample", two_chains, *published, "--chain", "C"
    )
    summary = summary_of(confdiff, "sample", two_chains, "--chain", "B", *published, *QUICK)
    assert summary["sequence"] == "YYDPE" and summary["files"] == ["complex-B.pdb"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (">a\nACXDE\n", "entry 1 (a): Unknown amino acid 'X' at position 3"),
        (">a\n*\n", "entry 1 (a): The sequence is empty"),
        ("", "contains no sequence"),
    ],
)
def test_invalid_sequences_are_refused(refused, published, tmp_path, text, words):
    fasta = tmp_path / "bad.fasta"
    fasta.write_text(text)
    assert words in refused("sample", fasta, *published)


@pytest.mark.parametrize("command", ["sample", "represent"])
def test_one_bad_entry_does_not_cost_the_others(confdiff, published, tmp_path, command):
    fasta = tmp_path / "mixed.fasta"
    fasta.write_bytes(b"\xef\xbb\xbf>a\r\nACDEF\r\n>b\r\nAUC\r\n>c\r\n>d\r\nMKVLA\r\n")
    Path("results").mkdir()
    options = [*published, *QUICK] if command == "sample" else ["--as", "one-hot"]
    result = confdiff(command, fasta, *options, "--out", "results")
    assert result.exit_code == 1
    stderr = " ".join(result.stderr.split())
    assert "entry 2 (b): Unknown amino acid 'U' at position 2" in stderr
    assert "entry 3 (c): The sequence is empty" in stderr
    assert "2 of 4" in stderr
    assert sorted(p.stem for p in Path("results").iterdir()) == ["a", "d"]


def test_modified_residues_are_refused(refused, published, data_dir, tmp_path):
    path = tmp_path / "modified.pdb"
    text = (data_dir / "chignolin_heavy.pdb").read_text()
    path.write_text(text.replace("THR", "TPO"))
    assert "Modified residues TPO" in refused("sample", path, *published)


def test_one_output_file_for_several_proteins_is_refused(refused, published, tmp_path):
    fasta = tmp_path / "many.fasta"
    fasta.write_text(">a\nACDEF\n>b\nMKVLA\n")
    assert "Give a folder as --out" in refused("sample", fasta, *published, "-o", "all.pdb")


# --- checkpoints ------------------------------------------------------------------------------


def test_published_guidance_checkpoints_contain_all_networks(confdiff, published):
    summary = summary_of(
        confdiff, "sample", "chignolin", *published, *QUICK, "--gamma", 0.5, "--guidance", "force"
    )
    assert (summary["gamma"], summary["eta"], summary["guidance"]) == (0.5, 1.0, "force")
    assert summary["network_evaluations"] == 6  # both networks, one with the head, three times


def test_checkpoints_without_a_stated_representation(refused, guidance):
    message = refused("sample", "ACDEF", "--model", guidance)
    assert "does not state which representation" in message and "--representation" in message
    assert "has a head for force. Use force guidance (--guidance force, or" in refused(
        "sample", "ACDEF", "--model", guidance, "--representation", "one-hot",
        "--guidance", "energy",
    )  # fmt: skip
    assert "takes 20 features per residue" in refused(
        "sample", "ACDEF", "--model", guidance, "--representation", "openfold-r3", "--features",
        _openfold(guidance.parent, "ACDEF"),
    )  # fmt: skip


def _openfold(folder: Path, sequence: str) -> Path:
    root = folder / "openfold"
    (root / "x").mkdir(parents=True)
    (root / "seqres_to_index.recycle3.csv").write_text(f"seqres,index\n{sequence},x\n")
    np.save(root / "x/x_recycle3_single_repr.npy", np.zeros((len(sequence), 384), np.float32))
    return root


def test_unavailable_published_checkpoints_are_refused(refused, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    message = refused("sample", "ACDEF", "--model", "ConfDiff-ESM-r3-FORCE")
    assert "cannot be downloaded" in message and "unset HF_HUB_OFFLINE" in message
    assert "Did you mean ConfDiff-UNCOND?" in refused(
        "sample", "ACDEF", "--model", "confdif-uncond"
    )


def test_estimates_are_printed_first(confdiff, published):
    result = confdiff("sample", "ACDEFGH", *published, *QUICK)
    first = result.stderr.splitlines()[0]
    assert first.startswith("2 conformers of 7 residues, in one batch: about ")
    assert "free, and " in first


@pytest.mark.slow
def test_full_size_checkpoint(confdiff, write_lightning, tmp_path):
    """12.5 M parameters with a force head and the unconditional network, 58 residues."""
    torch.manual_seed(0)
    network = ScoreNetwork(NetworkConfig(node_repr=1024, pair_repr=128, head="force"))
    base = NetworkConfig(node_repr=1024, pair_repr=128)
    count = sum(p.numel() for p in ScoreNetwork(base).parameters())
    assert count == pytest.approx(12.5e6, rel=0.03)
    path = write_lightning(
        tmp_path / "ConfDiff-ESM-r3-FORCE.ckpt", network, ScoreNetwork(NetworkConfig())
    )
    root = tmp_path / "features" / "recycle3"
    root.mkdir(parents=True)
    (root / "seqres_to_index.recycle3.csv").write_text(f"seqres,index\n{BPTI},bpti\n")
    generator = np.random.default_rng(0)
    for kind, shape in (("node", (58, 1024)), ("edge", (58, 58, 128))):
        features = generator.standard_normal(shape).astype(np.float32)
        np.save(root / f"bpti.trunk_{kind}_repr.recycle3.npy", features)
    summary = summary_of(
        confdiff, "sample", BPTI, "--model", path, "--features", root.parent, "-n", 2, "--steps", 4,
        "--gamma", 0.8, "--guidance", "force", "--eta", 1.5, "--hydrogens", "-o", "bpti.pdb",
    )  # fmt: skip
    assert summary["network_evaluations"] == 8
    assert mdtraj.load("bpti.pdb").n_atoms == 898
    assert summary["files"] == ["bpti.pdb"]


# --- structures -------------------------------------------------------------------------------


def test_fixed_residues(confdiff, data_dir):
    start = data_dir / "chignolin_heavy.pdb"
    summary = summary_of(
        confdiff, "sample", "chignolin", "--from", start, "--fix", "3-6", *QUICK, "-o", "a.npz"
    )
    assert (summary["fixed"], summary["t_start"]) == ("3-6", 1.0)
    known = mdtraj.load(str(start))
    known = torch.from_numpy(10 * known.xyz[0, known.top.select("name CA")])
    for k, t_start in enumerate((1.0, 0.3)):
        if k:
            confdiff("sample", "chignolin", "--from", start, "--fix", "3-6", "--t-start", t_start,
                     *QUICK, "-o", "a.npz")  # fmt: skip
        found = Ensemble.load("a.npz")
        assert found.settings["fixed"] == "3-6"
        for ca in found.atom14[:, 2:6, 1]:
            torch.testing.assert_close(
                torch.cdist(ca, ca), torch.cdist(known[2:6], known[2:6]), atol=2e-3, rtol=0
            )


def test_invalid_fixed_residues_are_refused(refused, data_dir):
    start = ("--from", data_dir / "chignolin_heavy.pdb")
    assert "Give one with --from" in refused("sample", "chignolin", "--fix", "3-6")
    assert "8-12 do not all exist" in refused("sample", "chignolin", *start, "--fix", "8-12")
    assert "or --fix" in refused("sample", "chignolin", *start)


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "atoms"),
    [(("--hydrogens",), 166), (("--hydrogens", "--minimise"), 166), (("--heavy",), 93)],
)
def test_all_atoms(confdiff, options, atoms):
    pytest.importorskip("openmm")
    for name in ("a.pdb", "a.cif"):
        result = confdiff("sample", "chignolin", "-n", 2, "--seed", 1, *options, "-o", name)
        assert result.exit_code == 0, result.stderr
        assert mdtraj.load(name).n_atoms == atoms


# --- represent --------------------------------------------------------------------------------


def test_imported_features_are_cached(confdiff, tmp_path, monkeypatch):
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    root = _openfold(tmp_path, "ACDEF")
    result = confdiff("represent", "ACDEF", "--as", "openfold-r3", "--from", root)
    assert result.exit_code == 0, result.stderr
    assert "384 features per residue" in result.stdout
    Path("out").mkdir()
    again = confdiff("represent", "ACDEF", "--as", "openfold-r3", "-o", "out")
    assert again.exit_code == 0, again.stderr
    with np.load("out/sample.npz") as data:
        assert str(data["sequence"]) == "ACDEF" and data["node"].shape == (5, 384)


def test_unavailable_features_are_refused(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    assert "cannot be computed here" in refused("represent", "MKVLA", "--as", "openfold-r3")
    assert "Unknown representation 'esm9'" in refused("represent", "MKVLA", "--as", "esm9")
