"""Features from folders, files and the cache, by name and by sequence."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.residues import SequenceError
from confdiff_widgets.representations import (
    Features,
    OneHot,
    RepresentationError,
    find_representation,
    fit_features,
)
from confdiff_widgets.representations.cached import Cached, place_of, recall, remember
from confdiff_widgets.representations.npz import NpzFile, write_npz
from confdiff_widgets.representations.precomputed import Precomputed

SEQUENCE, OTHER = "YYDPETGTWY", "ACDEF"


def made(length: int, node: int, pair: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return (
        generator.standard_normal((length, node)).astype(np.float32),
        generator.standard_normal((length, length, pair)).astype(np.float32),
    )


def write_table(path: Path, rows: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("seqres", "index"), *rows.items()])


@pytest.fixture
def esmfold(tmp_path) -> Path:
    """Write features as the authors' script does: one folder per index."""
    folder = tmp_path / "esmfold"
    for k in (0, 3):
        root = folder / f"recycle{k}"
        write_table(root / f"seqres_to_index.recycle{k}.csv", {SEQUENCE: "5a/5awl_A"})
        (root / "5a").mkdir()
        node, pair = made(10, 1024, 128, seed=k)
        np.save(root / f"5a/5awl_A.trunk_node_repr.recycle{k}.npy", node)
        np.save(root / f"5a/5awl_A.trunk_edge_repr.recycle{k}.npy", pair)
    return folder


@pytest.fixture
def openfold(tmp_path) -> Path:
    folder = tmp_path / "openfold"
    write_table(folder / "seqres_to_index.recycle3.csv", {OTHER: "x1", SEQUENCE: "5awl"})
    for index, length in (("x1", 5), ("5awl", 10)):
        node, pair = made(length, 384, 128)
        (folder / index).mkdir()
        np.save(folder / index / f"{index}_recycle3_single_repr.npy", node)
        np.save(folder / index / f"{index}_recycle3_pair_repr.npy", pair)
    return folder


@pytest.mark.parametrize("recycles", [0, 3])
@pytest.mark.parametrize("inside", [False, True])
def test_esmfold_folders(esmfold, recycles, inside):
    folder = esmfold / f"recycle{recycles}" if inside else esmfold
    features = find_representation(f"esmfold-r{recycles}", features=folder)(SEQUENCE.lower())
    node, pair = made(10, 1024, 128, seed=recycles)
    assert np.array_equal(features.node, node) and np.array_equal(features.pair, pair)


def test_openfold_folders(openfold):
    found = Precomputed(openfold)
    assert (found.name, found.layout, found.sequences) == (
        "openfold-r3", "openfold", [OTHER, SEQUENCE]
    )  # fmt: skip
    assert (found.node_size, found.pair_size) == (384, 128)
    assert found(SEQUENCE).node.shape == (10, 384)


def test_invalid_folders_are_refused(esmfold, openfold, tmp_path):
    with pytest.raises(RepresentationError, match="after 0 and 3 recycles: name"):
        Precomputed(esmfold)
    with pytest.raises(RepresentationError, match=r"holds no seqres_to_index\.recycle1"):
        Precomputed(esmfold, 1)
    with pytest.raises(RepresentationError, match="holds openfold-r3 features, not esmfold-r3"):
        find_representation("esmfold-r3", features=openfold)
    with pytest.raises(RepresentationError, match="no features of ACD, only of 2 other"):
        Precomputed(openfold)("ACD")
    with pytest.raises(RepresentationError, match="is not a folder of features"):
        Precomputed(tmp_path / "openfold" / "x1")
    with pytest.raises(RepresentationError, match="No such folder"):
        Precomputed(tmp_path / "absent")


def test_representations_of_another_length(openfold):
    np.save(openfold / "5awl/5awl_recycle3_single_repr.npy", made(9, 384, 128)[0])
    message = r"node features of shape \(9, 384\), and the sequence YYDPETGTWY has 10 residues"
    with pytest.raises(RepresentationError, match=message):
        Precomputed(openfold)(SEQUENCE)


def test_damaged_arrays(openfold):
    path = openfold / "5awl/5awl_recycle3_pair_repr.npy"
    whole = path.read_bytes()
    for content in (b"", whole[:500], b"hello"):
        path.write_bytes(content)
        with pytest.raises(RepresentationError, match="damaged or no array"):
            Precomputed(openfold)(SEQUENCE)
    np.save(path, np.array([{"an": "object"}], dtype=object), allow_pickle=True)
    with pytest.raises(RepresentationError, match="damaged or no array"):
        Precomputed(openfold)(SEQUENCE)
    _, pair = made(10, 384, 128)
    pair[3, 4, 5] = np.nan
    np.save(path, pair)
    with pytest.raises(RepresentationError, match="not finite"):
        Precomputed(openfold)(SEQUENCE)


def test_tables_cannot_point_outside(esmfold, tmp_path):
    node, pair = made(10, 1024, 128)
    np.save(tmp_path / "secret.trunk_node_repr.recycle3.npy", node)
    np.save(tmp_path / "secret.trunk_edge_repr.recycle3.npy", pair)
    table = esmfold / "recycle3" / "seqres_to_index.recycle3.csv"
    for index in ("../../secret", str(tmp_path / "secret")):
        write_table(table, {SEQUENCE: index})
        with pytest.raises(RepresentationError, match="points outside"):
            Precomputed(esmfold, 3)


def test_npz_files(tmp_path):
    node, pair = (torch.from_numpy(a) for a in made(10, 7, 4))
    path = tmp_path / "features.npz"
    write_npz(path, "mine", SEQUENCE, Features(node, pair))
    found = NpzFile(path)
    assert (found.name, found.node_size, found.pair_size) == ("mine", 7, 4)
    assert torch.equal(found(SEQUENCE).pair, pair)
    with pytest.raises(RepresentationError, match=r"features of YYDPETGTWY .* not of ACDEF"):
        found(OTHER)
    with pytest.raises(RepresentationError, match="holds mine features, not esmfold-r3"):
        find_representation("esmfold-r3", features=path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(RepresentationError, match="not a feature file"):
        NpzFile(path)


class Counting:
    """One-hot features with a count of calls."""

    name, node_size, pair_size = "counting", 20, 0

    def __init__(self):
        self.asked = 0

    def __call__(self, sequence):
        self.asked += 1
        return OneHot()(sequence)


def test_each_sequence_is_computed_once(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path))
    counting = Counting()
    for _ in range(3):
        features = Cached(counting)(" yydpetgtwy ")
    assert counting.asked == 1
    assert torch.equal(features.node, OneHot()(SEQUENCE).node)
    Cached(counting)(OTHER)
    assert counting.asked == 2
    Cached(counting, "-half")(OTHER)
    assert counting.asked == 3
    place = place_of("counting", SEQUENCE)
    place.write_bytes(place.read_bytes()[:100])  # truncated, as on a full disk
    Cached(counting)(SEQUENCE)
    assert counting.asked == 4 and recall("counting", SEQUENCE) is not None


def test_names_cannot_leave_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    for name in ("../../evil", "/tmp/evil", "..", ".hidden", "a/../../b"):
        path = remember(name, SEQUENCE, OneHot()(SEQUENCE))
        assert path.resolve().is_relative_to(tmp_path / "cache" / "representations")
    assert [p.name for p in tmp_path.iterdir()] == ["cache"]


def test_names():
    assert find_representation("one-hot").name == "one-hot"
    assert find_representation("esm2-150M").name == "esm2-150M"
    assert find_representation("esm2-650M-layer20").name == "esm2-650M-layer20"
    assert find_representation("esmfold-r1").name == "esmfold-r1"
    with pytest.raises(SettingsError, match="Unknown representation 'esm3'; use one of one-hot"):
        find_representation("esm3")
    with pytest.raises(RepresentationError, match="has no size"):
        find_representation("esm2-7M")
    with pytest.raises(RepresentationError, match="--as openfold-r3 --from FOLDER"):
        find_representation("openfold-r3")("MKV")
    with pytest.raises(SequenceError, match="'X' at position 2"):
        find_representation("openfold-r3")("MXV")


def test_features_must_fit_the_network():
    node, pair = (torch.from_numpy(a) for a in made(5, 1024, 128))
    features = Features(node, pair)
    whole = fit_features(features, 1024, 128, "esmfold-r3")
    assert whole.pair is pair
    part = fit_features(features, 1024, 0, "esmfold-r0")
    assert part.pair is None
    for sizes in ((384, 128), (1024, 64)):
        with pytest.raises(RepresentationError, match=r"1024 and 128\. Choose"):
            fit_features(features, *sizes, "esmfold-r3")
    with pytest.raises(RepresentationError, match="1024 and 0"):
        fit_features(Features(node), 1024, 128, "esmfold-r3")
