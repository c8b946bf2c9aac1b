"""Messages of the viewer to the browser, and invalid input; tests/browser covers the browser."""

import math
import threading

import numpy as np
import pytest
import traitlets

from confdiff_widgets import palette
from confdiff_widgets.analysis import superpose
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.widgets import StructureViewer
from confdiff_widgets.widgets.viewer import viewer as viewer_module

SEQUENCE = "YYDPETGTWY"


@pytest.fixture(scope="module")
def backbone(chignolin_heavy):
    return chignolin_heavy.atom14.positions[:, :, :4].numpy()


@pytest.fixture
def viewer(backbone, monkeypatch):
    monkeypatch.setattr(viewer_module, "SHARE", math.inf)  # no pauses between frames
    return StructureViewer(SEQUENCE, slots=4, folded=backbone[0])


def scene(viewer):
    """Return the scene after the browser has painted all pending frames."""
    while viewer._backpressure.in_flight:
        viewer._backpressure.painted(viewer._backpressure.sent)
    return viewer._stage.scene


def positions(viewer):
    found = scene(viewer)
    return np.frombuffer(found["positions"], "<f4").reshape(found["count"], -1, 4, 3)


def values(viewer):
    found = scene(viewer)
    return np.frombuffer(found["value"], "<f4").reshape(found["count"], -1)


# --- slots ------------------------------------------------------------------------------------


def test_shows_as_many_conformers_as_given_up_to_the_slots(viewer, backbone):
    for count in (1, 4, 2):
        viewer.show(backbone[:count])
        assert scene(viewer)["count"] == count
        assert scene(viewer)["labels"] == [f"conformer {i}" for i in range(count)]


def test_a_single_conformer_needs_no_batch_axis(viewer, backbone):
    viewer.show(backbone[3])
    assert scene(viewer)["count"] == 1


def test_a_slow_browser_shows_only_the_newest_frame(viewer, backbone):
    for frame in range(20):
        viewer.show(backbone[frame, None], labels=[f"frame {frame}"])
        assert viewer._backpressure.in_flight == 1
    assert viewer._stage.scene["labels"] == ["frame 0"]
    viewer._backpressure.painted(1)
    assert viewer._stage.scene["labels"] == ["frame 19"]
    assert viewer._backpressure.sent == 2


def test_show_may_be_called_from_several_threads(viewer, backbone):
    threads = [
        threading.Thread(target=lambda i=i: viewer.show(backbone[i : i + 4])) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene(viewer)["count"] == 4


def test_message_contains_only_positions_and_values(viewer, backbone):
    viewer.show(backbone[:4])
    found = scene(viewer)
    binary = sum(len(part) for part in found.values() if isinstance(part, bytes))
    assert binary == 4 * len(SEQUENCE) * (4 * 3 * 4 + 4)


# --- placement --------------------------------------------------------------------------------


def test_conformers_are_superposed_on_the_folded_structure(viewer, backbone):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    viewer.show(backbone[:1] @ turn + [3.0, 50.0, -7.0])
    ghost = np.frombuffer(viewer._stage.ghost, "<f4").reshape(-1, 4, 3)
    assert positions(viewer)[0] == pytest.approx(ghost, abs=1e-3)


def test_ghost_is_centred_with_its_longest_axis_along_x(viewer, backbone):
    ca = np.frombuffer(viewer._stage.ghost, "<f4").reshape(-1, 4, 3)[:, 1]
    assert ca.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-4)
    spread = ca.std(axis=0)
    assert spread[0] > spread[1] > spread[2]
    assert superpose(backbone[:1, :, 1], ca)[0] == pytest.approx(ca, abs=1e-3), "not mirrored"


def test_without_alignment_relative_positions_are_kept(viewer, backbone):
    viewer.show(backbone[:4], align=False)
    shown = positions(viewer)
    between = np.linalg.norm(shown[0] - shown[1:], axis=-1)
    assert between == pytest.approx(np.linalg.norm(backbone[0] - backbone[1:4], axis=-1), abs=1e-3)


def test_without_a_folded_structure_frames_do_not_rotate(backbone):
    viewer = StructureViewer(SEQUENCE)
    viewer.show(backbone[:2])
    before = positions(viewer)
    turn = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    viewer.show(backbone[:2] @ turn)
    assert positions(viewer) == pytest.approx(before, abs=1e-3)
    assert viewer._stage.ghost == b""


# --- arrows -----------------------------------------------------------------------------------


def arrows(viewer):
    found = scene(viewer)
    return np.frombuffer(found["arrows"]["vectors"], "<f4").reshape(found["count"], -1, 3)


@pytest.mark.parametrize("align", [True, False])
def test_arrows_rotate_with_their_conformers(viewer, backbone, align):
    towards_next = np.diff(backbone[:3, :, 1], axis=1, append=backbone[:3, :1, 1])
    viewer.arrow_scale = 0.1
    viewer.show(backbone[:3], arrows=towards_next, align=align)
    ca = positions(viewer)[:, :, 1]
    placed = 0.1 * np.diff(ca, axis=1, append=ca[:, :1])
    drawn = arrows(viewer)
    assert drawn == pytest.approx(placed, abs=1e-3)


def test_arrows_share_one_scale_within_limits(viewer, backbone):
    vectors = np.zeros((1, 10, 3))
    vectors[0, :, 1] = [0, 0.07, 0.08, -0.5, 1, 1.5, 1.99, 2.01, 5, 100]
    viewer.arrow_scale = 2.0
    viewer.show(backbone[:1], arrows=vectors)
    lengths = np.linalg.norm(arrows(viewer)[0], axis=-1)
    assert lengths == pytest.approx([0, 0, 0.16, 1, 2, 3, 3.98, 4.02, 6, 6], abs=1e-5)
    viewer.arrow_scale = 0.5
    lengths = np.linalg.norm(arrows(viewer)[0], axis=-1)
    assert lengths[3:7] == pytest.approx([0.25, 0.5, 0.75, 0.995], abs=1e-5)
    viewer.arrow_scale = 0
    assert not arrows(viewer).any()


@pytest.mark.parametrize("size", [1e-4, 0.03, 0.9, 7.0, 300.0])
def test_the_automatic_scale_makes_arrows_visible(viewer, backbone, size):
    vectors = np.zeros((1, 10, 3))
    vectors[0, :, 2] = size
    viewer.show(backbone[:1], arrows=vectors, arrow_unit="kT/Å")
    length = np.linalg.norm(arrows(viewer)[0], axis=-1).max()
    assert 2 <= length <= 6
    label = scene(viewer)["arrows"]["label"]
    stated = float(label.removeprefix("arrow of 5 Å: ").removesuffix(" kT/Å"))
    assert stated * length / 5 == pytest.approx(size, rel=1e-4)


def test_the_automatic_scale_is_kept_while_arrows_can_be_seen(viewer, backbone):
    vectors = np.zeros((1, 10, 3))
    labels = []
    for size in (1.0, 0.8, 1.15, 0.2, 0.19):
        vectors[0, :, 2] = size
        viewer.show(backbone[:1], arrows=vectors)
        labels.append(scene(viewer)["arrows"]["label"])
    assert labels[0] == labels[1] == labels[2] != labels[3] == labels[4]


def test_arrows_can_be_removed(viewer, backbone):
    viewer.show(backbone[:2], arrows=np.ones((2, 10, 3)))
    assert "arrows" in scene(viewer)
    viewer.show(backbone[:2])
    assert "arrows" not in scene(viewer)


def test_arrows_are_inside_the_view(viewer, backbone):
    viewer.show(backbone[:1])
    before = scene(viewer)["radius"]
    viewer.arrow_scale = 2.0
    viewer.show(backbone[:1], arrows=backbone[:1, :, 1] - backbone[:1, :, 1].mean(axis=1))
    assert scene(viewer)["radius"] == pytest.approx(before + 6, abs=0.1)


# --- display ----------------------------------------------------------------------------------


def test_color_by_conformer(viewer, backbone):
    viewer.show(backbone[:3], colors=["#111111", "#222222", "#333333"])
    found = scene(viewer)
    assert found["scale"] == ["#111111", "#222222", "#333333"]
    assert found["domain"] == [0, 2]
    assert (values(viewer) == [[0], [1], [2]]).all()
    viewer.show(backbone[:3])
    assert scene(viewer)["scale"] == list(palette.CONFORMERS[:3])


def test_color_by_residue(viewer, backbone):
    viewer.color = "residue"
    viewer.show(backbone[:3])
    assert (values(viewer) == np.arange(10)).all()
    assert scene(viewer)["legend"]["labels"] == ["1 (N)", "10 (C)"]


def test_color_by_value(viewer, backbone):
    viewer.color = "value"
    viewer.value_label = "RMSF (Å)"
    viewer.show(backbone[:2], values=np.linspace(0.5, 2.5, 10))
    found = scene(viewer)
    assert found["domain"] == [0.5, 2.5]
    assert found["legend"]["title"] == "RMSF (Å)"
    viewer.value_range = (1.0, 2.0)
    assert scene(viewer)["domain"] == [1, 2]
    assert values(viewer).min() == 1 and values(viewer).max() == 2
    viewer.show(backbone[:2])
    assert "no values" in scene(viewer)["legend"]["title"]


def test_constant_values_have_a_nonempty_scale(viewer, backbone):
    viewer.color = "value"
    viewer.show(backbone[:2], values=np.full(10, 3.0))
    assert scene(viewer)["domain"] == [3, 4]


def test_color_and_shape_by_secondary_structure(viewer):
    helix = ideal_helix(10)
    viewer.show(helix[None])
    assert "structure" not in scene(viewer)
    viewer.style = "cartoon"
    letters = scene(viewer)["structure"]
    assert letters.count(b"h") >= 6 and letters.startswith(b"c")
    viewer.color = "secondary structure"
    assert scene(viewer)["scale"] == [palette.COIL, palette.STRAND, palette.HELIX]
    assert [b"c", b"e", b"h"][int(values(viewer)[0, 5])] == b"h"


def ideal_helix(residues):
    """N, CA, C, O from the cylindrical coordinates of the α-helix (Arnott and Dover 1967)."""
    atoms = [(1.55, -27.9, -0.90), (2.28, 0.0, 0.0), (1.68, 26.3, 1.15), (2.04, 22.7, 2.35)]
    built = np.empty((residues, 4, 3))
    for i in range(residues):
        for j, (radius, angle, rise) in enumerate(atoms):
            phi = np.deg2rad(angle + 100 * i)
            built[i, j] = radius * np.cos(phi), radius * np.sin(phi), rise + 1.5 * i
    return built


def test_zoom_follows_the_visible_conformers(viewer, backbone):
    far = backbone[:2].copy()
    far[1] *= 3
    viewer.show(far)
    both = scene(viewer)["radius"]
    viewer.selected = 0
    assert scene(viewer)["radius"] < both / 2


def test_camera_group_is_sent_to_the_browser(viewer):
    viewer.camera_group = "pair"
    assert scene(viewer)["camera_group"] == "pair"


@pytest.mark.parametrize(
    ("trait", "value"),
    [("style", "ribbon"), ("color", "rainbow"), ("selected", 4), ("highlighted", -1)],
)
def test_invalid_display_attributes_are_rejected(viewer, trait, value):
    before = getattr(viewer, trait)
    with pytest.raises(traitlets.TraitError):
        setattr(viewer, trait, value)
    assert getattr(viewer, trait) == before


def test_display_attributes_passed_to_show_are_sent_in_one_frame(viewer, backbone):
    viewer.show(backbone[:2])
    scene(viewer)
    before = viewer._backpressure.sent
    viewer.show(backbone[2:4], style="cartoon", color="residue", ghost=False)
    assert viewer._backpressure.sent == before + 1
    shown = scene(viewer)
    assert (shown["style"], shown["ghost"], viewer._backpressure.sent) == (
        "cartoon",
        False,
        before + 1,
    )
    np.testing.assert_allclose(positions(viewer).shape[0], 2)


def test_unknown_display_attributes_are_rejected_without_side_effects(viewer, backbone):
    for bad in ({"sequence": "AAAA"}, {"style": "spheres"}):
        with pytest.raises(traitlets.TraitError):
            viewer.show(backbone[:2], **bad)
    viewer.show(backbone[:1])
    viewer.style = "licorice"
    assert scene(viewer)["style"] == "licorice"


def test_clicks_and_hovers_are_received(viewer):
    viewer._stage._handle_custom_msg({"picked": [2, 7]}, [])
    viewer._stage._handle_custom_msg({"hovered": 1}, [])
    assert viewer.picked == (2, 7)
    assert viewer.hovered == 1


# --- screenshots ------------------------------------------------------------------------------


def test_no_screenshot_without_a_view(viewer):
    screenshots = []
    assert not viewer.screenshot(screenshots.append)
    viewer._stage._handle_custom_msg({"views": 1}, [])
    assert viewer.screenshot(screenshots.append)
    viewer._stage._handle_custom_msg({"views": 0}, [])
    assert not viewer.screenshot(screenshots.append)
    assert screenshots == []


def test_each_request_receives_the_first_screenshot(viewer, monkeypatch):
    requested, first, second = [], [], []
    monkeypatch.setattr(
        viewer._stage, "send", lambda message: requested.append(message["screenshot"])
    )
    viewer._stage._handle_custom_msg({"views": 2}, [])
    viewer.screenshot(first.append)
    viewer.screenshot(second.append)
    for number, png in zip(requested[::-1], (b"of two", b"of one"), strict=True):
        viewer._stage._handle_custom_msg({"screenshot": number}, [memoryview(png)])
        viewer._stage._handle_custom_msg({"screenshot": number}, [memoryview(b"another view")])
    assert (first, second) == ([b"of one"], [b"of two"])


# --- invalid input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, :9], r"shape \(3, 9, 4, 3\). This viewer requires \(B, 10, 4, 3\)"),
        (lambda x: x[:, :, :3], "N, CA, C, O"),
        (lambda x: x[..., 0], "requires"),
        (lambda x: x[:0], "0 conformers for a viewer with 4 slots"),
        (lambda x: np.concatenate([x, x]), r"6 conformers .* slots=6"),
        (lambda x: np.where(np.arange(3)[:, None, None, None] == 1, np.nan, x), "first: 1"),
        (lambda x: x * np.inf, "NaN or infinite in 3 of 3"),
    ],
)
def test_invalid_frames_are_rejected_and_change_nothing(viewer, backbone, change, message):
    viewer.show(backbone[:2])
    before = positions(viewer)
    with np.errstate(invalid="ignore"), pytest.raises(StructureError, match=message):
        viewer.show(change(backbone[:3]))
    assert (positions(viewer) == before).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colors": ["#fff"]}, "1 colours for 2 conformers. Give one"),
        ({"labels": ["a", "b", "c"]}, "3 labels for 2 conformers"),
        ({"values": np.zeros(9)}, r"Give \(10,\) or \(2, 10\)"),
        ({"values": np.full(10, np.nan)}, "NaN"),
        ({"arrows": np.zeros((10, 3))}, r"Give \(2, 10, 3\)"),
        ({"arrows": np.full((2, 10, 3), np.inf)}, "arrows are NaN or infinite. Give finite"),
    ],
)
def test_invalid_options_are_rejected(viewer, backbone, options, message):
    with pytest.raises(StructureError, match=message):
        viewer.show(backbone[:2], **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("YYD",), "too short to draw. Give"),
        (("YYDX",), "X"),
        ((SEQUENCE, 0), "slots=0"),
        ((SEQUENCE, 8, np.zeros((9, 4, 3))), "folded structure has shape"),
        ((SEQUENCE, 8, np.full((10, 4, 3), np.nan)), "NaN"),
    ],
)
def test_invalid_viewers_are_rejected(arguments, message):
    with pytest.raises(ValueError, match=message):
        StructureViewer(*arguments)


# --- topology ---------------------------------------------------------------------------------


def test_template_has_exactly_the_bonds_of_the_chain():
    from confdiff_widgets.widgets.viewer.scene import template_pdb

    lines = [line for line in template_pdb("ACDEFGHIKLMNPQRSTVWY").splitlines() if "ATOM" in line]
    assert len(lines) == 80
    xyz = np.array([[float(line[a : a + 8]) for a in (30, 38, 46)] for line in lines])
    near = np.linalg.norm(xyz[:, None] - xyz, axis=-1) < 1.9
    bonded = {(i, j) for i, j in np.argwhere(np.triu(near, 1))}
    chain = {(4 * i + a, 4 * i + b) for i in range(20) for a, b in ((0, 1), (1, 2), (2, 3))}
    assert bonded == chain | {(4 * i + 2, 4 * i + 4) for i in range(19)}
