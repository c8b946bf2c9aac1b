"""Bundled proteins: lookup by name, completeness and consistency."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from confdiff_widgets import proteins
from confdiff_widgets.ensembles.sequence_files import NamedSequence
from confdiff_widgets.errors import SettingsError, UserError
from confdiff_widgets.geometry.residues import SequenceError, check_sequence
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.models.checkpoints import CheckpointError, save_network
from confdiff_widgets.proteins import UnknownProteinError, catalogue
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.representations.base import RepresentationError
from confdiff_widgets.sampling import Run, SamplerConfig

NAMES = ("chignolin", "trp-cage")


def test_names():
    assert proteins.names() == NAMES


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("chignolin", "chignolin"),
        ("Chignolin", "chignolin"),
        (" CLN025 ", "chignolin"),
        ("5awl", "chignolin"),
        ("trp-cage", "trp-cage"),
        ("Trpcage", "trp-cage"),
        ("2JOF", "trp-cage"),
    ],
)
def test_names_and_aliases(asked, name):
    assert proteins.get(asked).name == name


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [("chignolim", "chignolin"), ("chinolin", "chignolin"), ("trp_cage", "trp-cage"),
     ("CLN026", "chignolin"), ("2j0f", "trp-cage")],
)  # fmt: skip
def test_unknown_names_suggest_the_nearest(asked, suggested):
    with pytest.raises(UnknownProteinError) as caught:
        proteins.get(asked)
    message = str(caught.value)
    assert message.startswith(f"Unknown protein {asked!r}. Did you mean {suggested}?")
    assert "Bundled: chignolin, trp-cage." in message
    assert isinstance(caught.value, UserError)


@pytest.mark.parametrize("asked", ["", "haemoglobin", "../chignolin"])
def test_distant_names_suggest_nothing(asked):
    with pytest.raises(UnknownProteinError, match="Bundled: chignolin, trp-cage") as caught:
        proteins.get(asked)
    if asked != "../chignolin":
        assert "Did you mean" not in str(caught.value)


def test_by_sequence():
    assert proteins.by_sequence("YYDPETGTWY").name == "chignolin"
    assert proteins.by_sequence("DAYAQWLADGGPSSGRPPPS").name == "trp-cage"
    assert proteins.by_sequence("AAAA") is None


@pytest.fixture(params=NAMES)
def protein(request) -> proteins.Protein:
    return proteins.get(request.param)


def test_description(protein):
    assert check_sequence(protein.sequence) == protein.sequence
    assert 250 < protein.temperature < 500
    for text in (protein.title, protein.pdb_id, protein.reference_note, protein.tica_note):
        assert text.strip()


def test_bundled_networks_sample(protein):
    """Both networks fit their features and run; their quality is tested in test_results_page."""
    cfg = protein.load_networks()
    assert cfg.conditional.network.config.node_repr == 20
    assert cfg.unconditional.network.config.node_repr == 0
    run = Run(cfg, protein.sequence, SamplerConfig(samples=2, steps=4, gamma=0.5))
    for _ in run:
        pass
    ensemble = run.ensemble()
    assert torch.isfinite(ensemble.atom14).all()
    assert protein.load_networks().conditional.network is cfg.conditional.network


def test_bundled_thermal_networks_sample(protein):
    """Each network follows the temperature."""
    cfg = protein.load_networks(thermal=True)
    assert cfg.thermal and not protein.load_networks().thermal
    assert cfg.conditional.network.config.node_repr == 20
    assert cfg.unconditional.network.config.node_repr == 0
    for gamma in (0.0, 1.0):
        found = []
        for kelvin in (300, 450):
            config = SamplerConfig(samples=2, steps=4, gamma=gamma, temperature=kelvin)
            run = Run(cfg, protein.sequence, config, physical=TemperatureGuidance(cfg.conditional))
            for _ in run:
                pass
            found.append(run.state.rigid.trans)
        assert not torch.allclose(*found, atol=1e-2)


@pytest.mark.parametrize("kind", ["force", "energy"])
def test_bundled_heads_guide(protein, kind):
    """Both heads guide positions and orientations."""
    assert kind in protein.guidances()
    physical = protein.load_physical(kind)
    assert physical.name == kind
    settings = SamplerConfig(samples=2, steps=4, eta=1.0, guidance=kind)
    run = Run(protein.load_networks(), protein.sequence, settings, physical=physical)
    for state in run:
        assert state.score_norms()["physical"]["trans"].min() > 0
        assert state.score_norms()["physical"]["rot"].min() > 0
    plain = Run(protein.load_networks(), protein.sequence, SamplerConfig(samples=2, steps=4))
    for _ in plain:
        pass
    assert not torch.allclose(plain.state.rigid.trans, run.state.rigid.trans, atol=1e-3)


def test_missing_heads_name_the_available_ones(protein):
    with pytest.raises(SettingsError, match=r"No wind head.*Available: force and energy"):
        protein.load_physical("wind")


def test_networks_are_small_enough_to_bundle():
    files = list((Path(catalogue.__file__).parent / "weights").glob("*.safetensors"))
    heads = {f"{kind}_{name}" for kind in ("force", "energy") for name in proteins.names()}
    networks = {"conditional", "unconditional", "thermal_conditional", "thermal_unconditional"}
    surrogates = {f"surrogate_{name}" for name in proteins.names()}
    assert {file.stem for file in files} == networks | heads | surrogates
    assert all(file.stat().st_size < 3e5 for file in files if file.stem in surrogates)
    assert all(file.stat().st_size < 5.5e6 for file in files)
    references = (Path(catalogue.__file__).parent / "data").glob("*/reference.npz")
    assert sum(file.stat().st_size for file in [*files, *references]) < 29.5e6


def test_networks_are_stored_in_half_precision_and_computed_in_single():
    for file in (Path(catalogue.__file__).parent / "weights").glob("*.safetensors"):
        with safe_open(file, framework="pt") as stored:
            types = {stored.get_tensor(name).dtype for name in stored.keys()}  # noqa: SIM118
        assert types == {torch.float16}, file.name
    for thermal in (False, True):
        networks = proteins.get("chignolin").load_networks(thermal=thermal)
        for model in (networks.conditional, networks.unconditional):
            assert {value.dtype for _, value in model.weights()} == {torch.float32}


def test_no_bundled_file_is_missing():
    assert catalogue.missing_files() == []


def test_missing_files_are_named(tmp_path, monkeypatch):
    (tmp_path / "data" / "chignolin").mkdir(parents=True)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "conditional.safetensors").touch()
    monkeypatch.setattr(catalogue, "_root", lambda folder: tmp_path / folder)
    missing = [Path(path).relative_to(tmp_path) for path in catalogue.missing_files()]
    assert [str(path) for path in missing] == [
        "weights/unconditional.safetensors",
        "weights/thermal_conditional.safetensors",
        "weights/thermal_unconditional.safetensors",
        "weights/force_chignolin.safetensors",
        "weights/energy_chignolin.safetensors",
        "weights/thermal_peptides.json",
        "weights/surrogate_chignolin.safetensors",
        "data/chignolin/reference.npz",
        "data/chignolin/minimised.npz",
    ]


# --- trained networks -------------------------------------------------------------------------


@pytest.fixture
def trained(tmp_path, tiny_network) -> Path:
    """Folder with a conditional and an unconditional training folder."""
    for kind in ("conditional", "unconditional"):
        network = tiny_network(conditional=kind == "conditional", seed=0)
        (tmp_path / kind).mkdir()
        save_network(
            tmp_path / kind / "network.safetensors",
            network.config,
            network.state_dict(),
            representation="one-hot" if kind == "conditional" else None,
        )
    return tmp_path


def load_networks(sequence, model, unconditional=None):
    system = load_system(NamedSequence("test", sequence), model=model, unconditional=unconditional)
    return system.load_networks()


def test_trained_networks(trained):
    conditional, unconditional = trained / "conditional", trained / "unconditional"
    both = load_networks("acd", conditional, unconditional)
    assert both.check_gamma(0.5) == 0.5
    assert both.conditional.features.node.shape == (3, 20)
    alone = load_networks("ACD", conditional / "network.safetensors")
    assert alone.check_gamma(1.0) == 1
    with pytest.raises(SettingsError, match="unconditional network"):
        alone.check_gamma(0.5)
    free = load_networks("ACD", unconditional)
    assert free.check_gamma(0.0) == 0


def test_mismatched_networks_are_refused(trained, tiny_network):
    conditional, unconditional = trained / "conditional", trained / "unconditional"
    with pytest.raises(SettingsError, match="is a conditional network"):
        load_networks("ACD", conditional, conditional)
    with pytest.raises(SettingsError, match="is already an unconditional network"):
        load_networks("ACD", unconditional, unconditional)
    with pytest.raises(SequenceError, match="'X' at position 2"):
        load_networks("AX", conditional)
    with pytest.raises(CheckpointError, match="No such checkpoint"):
        load_networks("ACD", trained)
    network = tiny_network(conditional=True, seed=0)
    path = trained / "other.safetensors"
    save_network(path, network.config, network.state_dict(), representation="esm2-t6")
    with pytest.raises(RepresentationError, match="ESM-2 has no size 't6'"):
        load_networks("ACD", path)


def test_descriptions_are_valid_json():
    folder = Path(catalogue.__file__).parent / "data"
    for name in NAMES:
        json.loads((folder / name / "protein.json").read_text(encoding="utf-8"))
