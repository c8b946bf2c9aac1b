"""Colours are defined in one place and can be distinguished on both backgrounds."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from confdiff_widgets import palette

ROOT = Path(__file__).parents[2]
COLOR = re.compile(r"(?<!&)#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(")
SOURCES = ("confdiff_widgets", "benchmarks", "docs", "js/widgets/src", "js/labextension")
SUFFIXES = {".py", ".ts", ".tsx", ".css", ".html", ".mjs"}
EXCLUDED = {"static", "node_modules", "lib", "tests"}
"""Folders of generated files and tests."""

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
def test_conformers_can_be_distinguished(vision):
    seen = lab(np.clip(linear(palette.CONFORMERS) @ np.transpose(VISIONS[vision]), 0, 1))
    distance = np.linalg.norm(seen[:, None] - seen, axis=-1)
    distance[np.diag_indices(len(distance))] = np.inf
    assert distance.min() >= SMALLEST_DISTANCE.get(vision, 18)


@pytest.mark.parametrize("background", [palette.LIGHT.background, palette.DARK.background])
def test_conformers_contrast_with_the_background(background):
    luminance = linear([*palette.CONFORMERS, background]) @ TO_XYZ[1]
    brighter = np.maximum(luminance[:-1], luminance[-1])
    darker = np.minimum(luminance[:-1], luminance[-1])
    assert ((brighter + 0.05) / (darker + 0.05)).min() >= 2


def test_ninth_conformer_has_the_first_colour():
    assert palette.conformer(8) == palette.conformer(0) != palette.conformer(1)


def test_branches_have_the_colours_of_conformers():
    assert palette.branch("B") == palette.conformer(1)
    assert palette.branch("I1") == palette.conformer(0)


def test_translucent():
    assert palette.translucent("#0a1400", 0.5) == "rgba(10,20,0,0.5)"


def test_colours_are_defined_in_the_palette_only():
    found = []
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*")):
            path = file.relative_to(ROOT)
            if file.suffix not in SUFFIXES or EXCLUDED & set(path.parts):
                continue
            if file.name == "palette.py" or ".generated." in file.name:
                continue
            lines = file.read_text(encoding="utf-8").splitlines()
            found += [f"{path}:{n}" for n, line in enumerate(lines, 1) if COLOR.search(line)]
    assert not found, "Move these colours to confdiff_widgets/palette.py"


def test_generated_css_is_current():
    generator = runpy.run_path(str(ROOT / "js" / "generate_theme.py"))
    assert generator["TARGET"].read_text(encoding="utf-8") == generator["generated_css"](), (
        "Run `make js`"
    )


@pytest.mark.parametrize("template", ["reports/report.html", "widgets/explorer/snapshot.html"])
def test_templates_use_defined_css_variables(template):
    text = (ROOT / "confdiff_widgets" / template).read_text(encoding="utf-8")
    defined = set(re.findall(r"--[\w-]+(?=:)", palette.page_css()))
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used and used <= defined


def test_panels_use_defined_css_variables():
    sources = (ROOT / "js" / "widgets" / "src").rglob("*.css")
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    defined = set(re.findall(r"(--cd-theme-[\w-]+):", text))
    used = set(re.findall(r"var\((--cd-theme-[\w-]+)\)", text))
    assert used and used <= defined
