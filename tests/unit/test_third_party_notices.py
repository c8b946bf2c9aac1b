"""The notices of third-party code in the built modules."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import confdiff_widgets

PACKAGE = Path(confdiff_widgets.__file__).parent
ROOT = PACKAGE.parent
NOTICES = (PACKAGE / "THIRD_PARTY_NOTICES.txt").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: (match[2], match[3])
    for match in re.finditer(r"^(\S+) (\S+) \(\S+\), in the [^\n]*\n\n(.*?)(?:\n-{79}|\Z)",
                             NOTICES, re.MULTILINE | re.DOTALL)
}  # fmt: skip


def test_every_package_of_the_labextension_has_its_licence():
    listed = json.loads(
        (PACKAGE / "labextension/static/third-party-licenses.json").read_text(encoding="utf-8")
    )["packages"]
    assert listed
    for package in listed:
        version, text = SECTIONS[package["name"]]
        assert version == package["versionInfo"]
        assert package["extractedText"].strip() in text


@pytest.mark.skipif(not (ROOT / "js").is_dir(), reason="an installation without the sources")
def test_every_package_that_the_widgets_import_has_its_licence():
    lock = json.loads((ROOT / "js/package-lock.json").read_text(encoding="utf-8"))["packages"]
    imported = set()
    for source in (ROOT / "js/widgets/src").rglob("*.ts*"):
        text = source.read_text(encoding="utf-8")
        for name in re.findall(r'^import (?!type )[^;]*?from "([^".][^"]*)"', text, re.MULTILINE):
            parts = name.split("/")
            imported.add("/".join(parts[: 2 if name.startswith("@") else 1]))
    assert "preact" in imported
    for name in imported:
        version, text = SECTIONS[name]
        assert version == lock[f"node_modules/{name}"]["version"]
        assert "Copyright" in text
        assert len(text) > 500


@pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="an installation")
def test_the_wheel_names_the_notices_as_a_licence_file():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "confdiff_widgets/THIRD_PARTY_NOTICES.txt" in project.split("license-files")[1][:80]
