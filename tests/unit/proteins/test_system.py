"""Systems: sequences and files with checkpoints, guidance networks and features."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.live import Session, Status
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.models.network_file import save_network
from confdiff_widgets.models.temperature import temperature_of_eta
from confdiff_widgets.proteins import UnknownProteinError
from confdiff_widgets.proteins.catalogue import offered_models
from confdiff_widgets.proteins.find_sequences import find_sequences
from confdiff_widgets.proteins.starting_structure import read_starting_structure
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.representations import Features
from confdiff_widgets.representations.cached import remember
from confdiff_widgets.sampling import Run, SamplerConfig

RESTING = (Status.READY, Status.PAUSED, Status.FINISHED, Status.FAILED)
BPTI = "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA"


@pytest.fixture
def guidance(tiny_network, write_lightning, tmp_path):
    return write_lightning(
        tmp_path / "guide.ckpt",
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )


def play(system, folder, **settings) -> Session:
    """Return a session after its run has finished."""
    session = Session(system, SamplerConfig(seed=3, **settings), folder=folder)
    try:
        session.energies.enabled = False
        session.player.wait(*RESTING)
        session.play()
        assert session.player.wait(Status.FINISHED, Status.FAILED) is not None
    finally:
        session.close()
    return session


@pytest.mark.parametrize(("name", "kelvin"), [("chignolin", 350), ("trp-cage", 340)])
def test_bundled_proteins_have_temperature_guidance_by_default(name, kelvin):
    system = load_system(name)
    assert system.guidance_kinds == ("temperature", "force", "energy")
    assert system.default_guidance == system.sampling_guidance == "temperature"
    assert temperature_of_eta(system.default_eta("temperature")) == pytest.approx(kelvin)
    assert (system.default_eta("force"), system.default_eta("none")) == (1.0, 0.0)
    assert system.load_networks("cpu", "temperature").thermal
    for kind in ("none", "force", "energy"):
        assert not system.load_networks("cpu", kind).thermal
    physical = system.load_physical("temperature")
    assert physical.model.network is system.load_networks("cpu", "temperature").model.network


def test_networks_of_another_kind_of_guidance_are_refused():
    system = load_system("chignolin")
    config = SamplerConfig(samples=2, steps=3, temperature=320)
    with pytest.raises(SettingsError, match=r'load_networks\(device, "temperature"\)'):
        Run(
            system.load_networks(),
            system.sequence,
            config,
            physical=system.load_physical("temperature"),
        )


def test_a_given_guidance_network_is_the_default(tiny_network, tmp_path):
    network = tiny_network(conditional=False, seed=1, head="energy")
    head = tmp_path / "head.safetensors"
    save_network(head, network.config, network.state_dict(), representation=None)
    system = load_system("chignolin", guidance_network=head)
    assert system.guidance_kinds == ("energy", "temperature")
    assert system.default_guidance == system.sampling_guidance == "energy"


def test_published_guidance_checkpoint(guidance, tmp_path):
    system = load_system("ACDEFGHIK", model=guidance, representation="one-hot")
    assert system.protein is None and system.title == "9 residues"
    assert system.model_name == "guide.ckpt"
    assert system.gamma_fixed_reason == ""
    assert system.guidance_unavailable("force") == ""
    assert system.guidance_unavailable("temperature") == "the networks do not take a temperature"
    assert (system.default_guidance, system.sampling_guidance) == ("force", "none")
    assert system.guidance_unavailable("energy") == "guide.ckpt has a head for force"
    assert system.load_physical("force", "cpu").name == "force"
    with pytest.raises(SettingsError, match=r"guide\.ckpt has a head for force.*--guidance force"):
        system.load_physical("energy", "cpu")
    session = play(
        system, tmp_path / "runs", samples=2, steps=3, gamma=0.5, eta=1.0, guidance="force"
    )
    last = session.current.last
    assert session.player.status is Status.FINISHED and last.atom14.shape == (2, 9, 14, 3)
    assert np.abs(last.physical_score).max() > 0


def test_conditional_checkpoint_without_a_head(tiny_network, write_lightning, tmp_path):
    path = write_lightning(tmp_path / "cond.ckpt", tiny_network(conditional=True, seed=1))
    system = load_system("ACDEF", model=path, representation="one-hot")
    assert system.gamma_fixed_reason.startswith("γ is 1")
    assert system.guidance_unavailable("force") == "cond.ckpt has no guidance head"


def test_heads_are_refused_as_models():
    head = resources.files("confdiff_widgets.proteins") / "weights" / "force_chignolin.safetensors"
    with pytest.raises(SettingsError, match="is a guidance head only"):
        _ = load_system("chignolin", model=str(head)).evaluation_bytes()


@pytest.mark.slow
def test_full_size_in_a_session(write_lightning, tmp_path, monkeypatch):
    """12.5 M parameters with a force head, 58 residues, features from the cache."""
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(0)
    path = write_lightning(
        tmp_path / "ConfDiff-ESM-r3-FORCE.ckpt",
        ScoreNetwork(NetworkConfig(node_repr=1024, pair_repr=128, head="force")),
        ScoreNetwork(NetworkConfig()),
    )
    remember("esmfold-r3", BPTI, Features(torch.randn(58, 1024), torch.randn(58, 58, 128)))
    system = load_system(BPTI, model=path)
    assert system.load_networks().model.inputs()[0].shape == (58, 1024)
    session = play(
        system, tmp_path / "runs", samples=2, steps=3, gamma=0.8, eta=1.5, guidance="force"
    )
    assert session.player.status is Status.FINISHED, session.player.error
    assert session.current.last.atom14.shape == (2, 58, 14, 3)


def test_files_and_names(guidance, data_dir, tmp_path):
    assert load_system(data_dir / "chignolin_heavy.pdb").protein.name == "chignolin"
    fasta = tmp_path / "mine.fasta"
    sequence = "ACDEFGHIKLMNP"
    fasta.write_text(f">mine\n{sequence}\n")
    found = load_system(fasta, model=guidance, representation="one-hot")
    assert found.sequence == find_sequences(fasta)[0].sequence == sequence
    with pytest.raises(UnknownProteinError):
        load_system("lysozyme")
    with pytest.raises(SettingsError, match=r"--model ConfDiff-ESM-r3-COND, or model= in Python"):
        load_system(sequence)


def test_chains_of_structure_files(data_dir, tmp_path):
    lines = (data_dir / "chignolin_heavy.pdb").read_text().splitlines()
    atoms = [line for line in lines if line.startswith("ATOM")]
    path = tmp_path / "dimer.pdb"
    chains = [f"{a[:21]}{c}{a[22:]}" for c in "AB" for a in atoms]
    path.write_text("\n".join([*chains, "END"]))
    start = read_starting_structure(path, "YYDPETGTWY", chain="B")
    assert start.rigid.shape == (10,)
    assert find_sequences(path, "A")[0].sequence == "YYDPETGTWY"
    assert load_system(path, chain="B").protein.name == "chignolin"
    with pytest.raises(StructureError, match=r"several protein chains: A \(10 residues\), B"):
        load_system(path)


def test_offered_models():
    offers = offered_models(load_system("chignolin").bundled_model)
    assert offers[0].model is None and offers[0].ready
    assert [o.model for o in offers[1:]] == [o.model for o in offered_models("")]
    names = [offer.model for offer in offers[1:]]
    assert "ConfDiff-ESM-r3-FORCE" in names and "ConfDiff-UNCOND" in names
