"""The sdist and the wheel: size, contents, and a working installation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import confdiff_widgets

ROOT = Path(__file__).parents[2]
MAX_WHEEL_BYTES = 32e6

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """Folder with the sdist and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    result = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return folder


@pytest.fixture(scope="session")
def wheel(built) -> Path:
    return next(built.glob("*.whl"))


def test_wheel_is_small_and_complete(wheel):
    assert wheel.stat().st_size <= MAX_WHEEL_BYTES
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "confdiff_widgets"
    for path in package.rglob("*"):
        inside = path.relative_to(ROOT).as_posix()
        if path.is_file() and "__pycache__" not in inside and "/labextension/" not in inside:
            assert inside in names
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"confdiff_widgets/notebooks/{lesson.name}" in names
    shared = [name for name in names if "labextensions/confdiff-widgets/" in name]
    assert any(name.endswith("package.json") for name in shared)
    assert any(name.endswith("install.json") for name in shared)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]


def test_version_is_in_the_changelog(wheel):
    version = confdiff_widgets.__version__
    assert f"-{version}-" in wheel.name
    headings = re.findall(r"^## .*", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings
    assert any(version in heading or "Unreleased" in heading for heading in headings)


def test_sdist_is_complete(built, wheel):
    """`build` builds the wheel from the sdist, so the tests of the wheel cover its contents."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = archive.getnames()
    stem = names[0].split("/")[0]
    assert f"{stem}/LICENSE" in names
    assert f"{stem}/notebooks/01_first_look.ipynb" in names


def test_installed_wheel_works(wheel, tmp_path):
    """Install the wheel in a new environment that has these libraries, but not the checkout."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True)
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    (Path(where) / "libraries.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    _link_extensions(home)
    code = (
        "import confdiff_widgets, sys; print(confdiff_widgets.__file__);"
        "from confdiff_widgets.cli import app; app()"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def confdiff(*arguments: str) -> str:
        result = subprocess.run(
            [python, "-c", code, *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        first, _, rest = result.stdout.partition("\n")
        assert Path(first).is_relative_to(home), "imported the checkout, not the wheel"
        return rest

    assert "No problems found" in confdiff("doctor")
    assert "2 conformers of YYDPETGTWY" in confdiff("sample", "chignolin", "-n", "2")
    assert (tmp_path / "chignolin.pdb").is_file()
    launcher = home / "share/jupyter/labextensions/confdiff-widgets/package.json"
    assert launcher.is_file()


def _link_extensions(home: Path) -> None:
    """Link the JupyterLab extensions of other packages, which are not installed here."""
    extensions = home / "share/jupyter/labextensions"
    for found in (Path(sys.prefix) / "share/jupyter/labextensions").iterdir():
        if not (extensions / found.name).exists():
            (extensions / found.name).symlink_to(found)
