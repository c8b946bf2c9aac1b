"""ESM-2 and ESMFold: small networks in the published formats, and refused files."""

from __future__ import annotations

import os

import pytest
import torch

from confdiff_widgets.representations import RepresentationError, find_representation
from confdiff_widgets.representations.esm2 import ESM2, SIZES
from confdiff_widgets.representations.esmfold import ESMFold

SEQUENCE = "YYDPETGTWY"
TRUNK = {
    "num_blocks": 2,
    "sequence_state_dim": 32,
    "pairwise_state_dim": 16,
    "sequence_head_width": 8,
    "pairwise_head_width": 4,
    "position_bins": 4,
    "max_recycles": 4,
    "structure_module": {
        "sequence_dim": 16, "pairwise_dim": 8, "ipa_dim": 4, "resnet_dim": 8, "num_heads_ipa": 2,
        "num_qk_points": 2, "num_v_points": 2, "num_blocks": 2, "num_resnet_blocks": 1,
        "num_transition_layers": 1,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def esm2_network():
    model = pytest.importorskip("esm.model.esm2")
    torch.manual_seed(0)
    return model.ESM2(num_layers=3, embed_dim=20, attention_heads=2).eval()


@pytest.fixture
def esm2_file(esm2_network, save_esm2, tmp_path):
    path = tmp_path / "esm2_tiny.pt"
    save_esm2(path, esm2_network)
    return path


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_esm2_equals_the_stored_network(esm2_file, esm2_network, layer):
    representation = ESM2(weights=esm2_file, layer=layer)
    features = representation(SEQUENCE)
    tokens = esm2_network.alphabet.get_batch_converter()([("", SEQUENCE)])[2]
    with torch.no_grad():
        expected = esm2_network(tokens, repr_layers=[layer])["representations"][layer][0, 1:-1]
    torch.testing.assert_close(features.node, expected)
    assert features.pair is None
    assert representation.node_size == features.node.shape[1] == 20
    assert representation.name == "esm2-3x20" + ("" if layer == 3 else f"-layer{layer}")


def test_esm2_features_of_residues_differ(esm2_file):
    representation = ESM2(weights=esm2_file)
    assert not torch.allclose(representation("AAAA").node, representation("AAWA").node)
    assert representation("A").node.shape == (1, 20)


def test_published_sizes_are_known():
    for size, (file, layers, width) in SIZES.items():
        representation = ESM2(size)
        assert (representation.name, representation.layer) == (f"esm2-{size}", layers)
        assert representation.node_size == width
        assert file.startswith(f"esm2_t{layers}_")
    with pytest.raises(RepresentationError, match="no size '1T'"):
        ESM2("1T")
    with pytest.raises(RepresentationError, match="layers 0 to 33, not 40"):
        ESM2("650M", 40)


class Bomb:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_esm2_files_with_code_or_damage(esm2_file, tmp_path):
    evil, mark = tmp_path / "esm2_evil.pt", tmp_path / "mark"
    torch.save({"cfg": {"model": Bomb(mark)}, "model": {}}, evil)
    with pytest.raises(RepresentationError, match="nothing of it was run"):
        ESM2(weights=evil)
    assert not mark.exists()
    esm2_file.write_bytes(esm2_file.read_bytes()[:3000])
    with pytest.raises(RepresentationError, match="damaged"):
        ESM2(weights=esm2_file)
    with pytest.raises(RepresentationError, match="is missing"):
        ESM2(weights=tmp_path / "esm2_absent.pt")
    torch.save({"something": "else"}, evil)
    with pytest.raises(RepresentationError, match="is not an ESM-2 file"):
        ESM2(weights=evil)


def test_esm2_without_a_network_connection(monkeypatch):
    def refuse(*_, **__):
        raise ConnectionRefusedError("no route")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(RepresentationError, match=r"esm2_t6_8M_UR50D\.pt elsewhere"):
        ESM2("8M")(SEQUENCE)


@pytest.fixture(scope="module")
def esmfold_folder(tmp_path_factory):
    transformers = pytest.importorskip("transformers")
    config = transformers.EsmConfig(
        vocab_size=33, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, position_embedding_type="rotary",
        token_dropout=True, pad_token_id=1, mask_token_id=32, is_folding_model=True,
        esmfold_config={"fp16_esm": False, "lddt_head_hid_dim": 8, "trunk": TRUNK},
    )  # fmt: skip
    network = transformers.EsmForProteinFolding(config)
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    folder = tmp_path_factory.mktemp("esmfold")
    network.save_pretrained(folder)
    return folder


def test_esmfold_features_are_the_trunk_of_the_last_cycle(esmfold_folder):
    transformers = pytest.importorskip("transformers")
    network = transformers.EsmForProteinFolding.from_pretrained(esmfold_folder).eval()
    representation = ESMFold(3, model=esmfold_folder)
    node, pair = representation(SEQUENCE)
    found = network.infer(SEQUENCE)  # its default is 3 recycles: max_recycles is 4
    torch.testing.assert_close(node, found.s_s[0])
    torch.testing.assert_close(pair, found.s_z[0])
    assert (representation.node_size, representation.pair_size) == (32, 16)
    assert representation.name == "esmfold-r3"


def test_esmfold_from_a_folder(esmfold_folder):
    found = find_representation("esmfold-r3", features=esmfold_folder)
    assert found(SEQUENCE).pair.shape == (10, 10, 16)


def test_esmfold_recycles_chunks_and_half_precision(esmfold_folder):
    made = {
        name: ESMFold(recycles, model=esmfold_folder, **options)(SEQUENCE)
        for name, recycles, options in (
            ("three", 3, {}),
            ("none", 0, {}),
            ("chunked", 3, {"chunk": 3}),
            ("half", 3, {"half": True}),
        )
    }
    assert (made["three"].pair - made["none"].pair).abs().max() > 0.1
    torch.testing.assert_close(made["three"].pair, made["chunked"].pair, atol=1e-4, rtol=0)
    assert 0 < (made["three"].pair - made["half"].pair).abs().max() < 1e-2
    assert made["half"].node.dtype == torch.float32


def test_folders_of_another_model(tmp_path):
    transformers = pytest.importorskip("transformers")
    with pytest.raises(RepresentationError, match="cannot be loaded from"):
        ESMFold(3, model=tmp_path)(SEQUENCE)
    config = transformers.EsmConfig(
        vocab_size=33, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, pad_token_id=1, mask_token_id=32, is_folding_model=True,
        esmfold_config={"fp16_esm": False, "lddt_head_hid_dim": 8, "trunk": TRUNK},
    )  # fmt: skip
    transformers.EsmModel(config).save_pretrained(tmp_path)
    with pytest.raises(RepresentationError, match=r"is no ESMFold: it lacks \d+ tensors"):
        ESMFold(3, model=tmp_path)(SEQUENCE)
    with pytest.raises(RepresentationError, match="recycles is -1"):
        ESMFold(-1)
