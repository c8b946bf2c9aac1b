"""The conformers' colours can be told apart, on light and on dark, by everybody."""

import numpy as np
import pytest

from confdiff_widgets import palette

# Machado, Oliveira and Fernandes, IEEE TVCG 15, 1291 (2009), severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
SMALLEST_DISTANCE = {"tritanopia": 15}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip


def linear(colors):
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    t = rgb @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=-1
    )


@pytest.mark.parametrize("vision", VISIONS)
def test_conformers_differ(vision):
    seen = lab(np.clip(linear(palette.CONFORMERS) @ np.transpose(VISIONS[vision]), 0, 1))
    distance = np.linalg.norm(seen[:, None] - seen, axis=-1)
    distance[np.diag_indices(len(distance))] = np.inf
    assert distance.min() >= SMALLEST_DISTANCE.get(vision, 18)


@pytest.mark.parametrize("background", [palette.LIGHT_BACKGROUND, palette.DARK_BACKGROUND])
def test_conformers_stand_out(background):
    luminance = linear([*palette.CONFORMERS, background]) @ TO_XYZ[1]
    brighter = np.maximum(luminance[:-1], luminance[-1])
    darker = np.minimum(luminance[:-1], luminance[-1])
    assert ((brighter + 0.05) / (darker + 0.05)).min() >= 2


def test_ninth_conformer_starts_over():
    assert palette.conformer(8) == palette.conformer(0) != palette.conformer(1)
