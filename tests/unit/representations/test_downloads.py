"""Hashes of downloaded language models, and refusal of changed files."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.representations import RepresentationError, esm2, find_representation
from confdiff_widgets.representations.esmfold import check_download

SEQUENCE = "YYDPETGTWY"
FILE = "esm2_t6_8M_UR50D.pt"


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def write_esm2(save_esm2):
    """Return a function that writes a small ESM-2 in the published format."""
    model = pytest.importorskip("esm.model.esm2")

    def write(path, seed):
        torch.manual_seed(seed)
        save_esm2(path, model.ESM2(num_layers=2, embed_dim=20, attention_heads=2))

    return write


@pytest.fixture
def published(write_esm2, tmp_path, monkeypatch):
    """fair-esm's server as a folder, with caches of the test's own; gives the published file."""
    folder = tmp_path / "server"
    folder.mkdir()
    write_esm2(folder / FILE, seed=0)
    monkeypatch.setattr(esm2, "URL", folder.as_uri() + "/{}.pt")
    monkeypatch.setitem(esm2.SIZES, "8M", ("esm2_t6_8M_UR50D", 2, 20))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    return folder / FILE


@pytest.fixture
def downloaded(tmp_path):
    return tmp_path / "torch" / "hub" / "checkpoints" / FILE


def test_hash_is_reported_and_recorded_once(published, tmp_path, capsys):
    esm2.ESM2("8M")(SEQUENCE)
    expected = sha256_of(published)
    assert f"{FILE}: SHA-256 {expected}, recorded" in capsys.readouterr().err
    record = tmp_path / "cache" / "representations" / "sha256.json"
    assert json.loads(record.read_text()) == {FILE: expected}
    published.unlink()  # offline from here on
    esm2.ESM2("8M")(SEQUENCE)
    assert "SHA-256" not in capsys.readouterr().err


def test_changed_file_is_refused_before_it_is_read(published, downloaded, write_esm2, monkeypatch):
    esm2.ESM2("8M")(SEQUENCE)
    was = sha256_of(downloaded)
    write_esm2(downloaded, seed=1)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(RepresentationError, match=f"first used here, {was}: it is damaged or"):
        esm2.ESM2("8M")(SEQUENCE)


def test_changed_file_on_the_server_is_refused(published, downloaded, write_esm2):
    esm2.ESM2("8M")(SEQUENCE)
    downloaded.unlink()
    write_esm2(published, seed=1)
    with pytest.raises(RepresentationError, match="was changed"):
        esm2.ESM2("8M")(SEQUENCE)


def test_given_hash_overrides_the_recorded_one(published, downloaded, write_esm2):
    with pytest.raises(RepresentationError, match=f"should have {'0' * 64}"):
        find_representation("esm2-8M", sha256="0" * 64)(SEQUENCE)
    find_representation("esm2-8M", sha256=sha256_of(published).upper())(SEQUENCE)
    write_esm2(downloaded, seed=1)  # changed on purpose
    find_representation("esm2-8M", sha256=sha256_of(downloaded))(SEQUENCE)
    esm2.ESM2("8M")(SEQUENCE)
    with pytest.raises(RepresentationError, match="should have"):
        esm2.ESM2(weights=downloaded, sha256="0" * 64)


def test_invalid_hashes_are_refused(published):
    for text in ("", "abc", "g" * 64):
        with pytest.raises(RepresentationError, match="64 hexadecimal digits"):
            esm2.ESM2("8M", sha256=text)
    with pytest.raises(SettingsError, match="ESM-2 alone"):
        find_representation("esmfold-r3", sha256="0" * 64)


def test_hash_of_an_invalid_file_is_not_recorded(published, tmp_path):
    good = published.read_bytes()
    published.write_bytes(good[:3000])
    with pytest.raises(RepresentationError, match="damaged"):
        esm2.ESM2("8M")(SEQUENCE)
    assert not (tmp_path / "cache" / "representations" / "sha256.json").exists()


def test_file_that_the_server_lacks(published, downloaded):
    published.unlink()
    with pytest.raises(RepresentationError, match=r"cannot be downloaded .* --from FILE"):
        esm2.ESM2("8M")(SEQUENCE)
    assert not list(downloaded.parent.iterdir())


def test_model_from_a_file(published, downloaded, capsys):
    found = find_representation("esm2-8M", features=published, sha256=sha256_of(published))
    assert found(SEQUENCE).node.shape == (10, 20)
    with pytest.raises(RepresentationError, match="is esm2-8M, not esm2-650M-layer2"):
        find_representation("esm2-650M-layer2", features=published)
    with pytest.raises(RepresentationError, match="should have"):
        find_representation("esm2-8M", features=published, sha256="0" * 64)
    assert capsys.readouterr().err == "" and not downloaded.exists()


def test_esmfold_is_compared_with_the_stated_hash(tmp_path, monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--facebook--esmfold_v1"
    snapshot, blobs = repository / "snapshots" / ("0" * 40), repository / "blobs"
    for folder in (snapshot, blobs, repository / "refs"):
        folder.mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    weights = b"weights" * 1000
    stated = blobs / hashlib.sha256(weights).hexdigest()
    stated.write_bytes(weights)
    (blobs / ("a" * 40)).write_text("{}")  # small files are named by their git hash
    for name, blob in (("model.safetensors", stated), ("config.json", blobs / ("a" * 40))):
        os.symlink(blob, snapshot / name)
    check_download("facebook/esmfold_v1")
    stated.write_bytes(weights[:-1] + b"?")
    with pytest.raises(RepresentationError, match=r"model\.safetensors .* should have"):
        check_download("facebook/esmfold_v1")
    check_download(str(tmp_path))  # local folders are not checked
