"""The Explorer with a protein that is not bundled and a full-size checkpoint."""

from __future__ import annotations

import json

import pytest
import torch

from confdiff_widgets.cache import file_sha256
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import Features
from confdiff_widgets.representations.cached import remember

from .explorer import ETA, GAMMA, Page
from .lab import wait_until
from .pixels import wait_for_pixels_to_change, wait_for_still_pixels

NAME = "ConfDiff-ESM-r3-FORCE"
BPTI = "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA"
SHOW = """
import os
os.environ["CONFDIFF_CACHE"] = "{cache}"
from confdiff_widgets import Explorer
e = Explorer("{sequence}", model="{model}", gamma=0.8, guidance="force", eta=1.5,
             samples=1, steps=3, seed=1)
e
"""


@pytest.fixture
def checkpoint(write_lightning, tmp_path, monkeypatch):
    """Write a checkpoint with 12.5 M parameters, a force head and the unconditional network.

    The cache contains the features of the sequence, and the file as the published download.
    """
    cache = tmp_path / "cache"
    monkeypatch.setenv("CONFDIFF_CACHE", str(cache))
    torch.manual_seed(0)
    path = write_lightning(
        tmp_path / f"{NAME}.ckpt",
        ScoreNetwork(NetworkConfig(node_repr=1024, pair_repr=128, head="force")),
        ScoreNetwork(NetworkConfig()),
    )
    remember("esmfold-r3", BPTI, Features(torch.randn(58, 1024), torch.randn(58, 58, 128)))
    record = cache / "checkpoints" / "downloads.json"
    record.parent.mkdir()
    about = {NAME: {"path": str(path), "sha256": file_sha256(path)}}
    record.write_text(json.dumps(about), encoding="utf-8")
    return path


def run_with_both_parameters(explorer, gamma, eta):
    """Check that both sliders are enabled, and that a run is shown to its end."""
    for name in (GAMMA, ETA):
        slider = explorer.root.get_by_role("slider", name=name)
        wait_until(slider.is_enabled, f"the slider {name}")
    before = wait_for_still_pixels(explorer.viewer)
    explorer.run_to_the_end()
    wait_for_pixels_to_change(explorer.viewer, before)
    state = explorer.state()
    assert (state["notice"], state["gammas"], state["etas"]) == ("", [gamma] * 3, [eta] * 3)


def test_a_full_size_checkpoint_by_path_and_by_choice(open_notebook, checkpoint):
    cell = SHOW.format(
        cache=checkpoint.parent / "cache", sequence=BPTI, model=checkpoint.as_posix()
    )
    explorer = Page(open_notebook(cell), reference=False)
    run_with_both_parameters(explorer, 0.8, 1.5)
    explorer.book.screenshot("any_protein_by_path", explorer.root)

    explorer.root.get_by_text("Protein and sampler").click()
    models = explorer.root.get_by_label("Model", exact=True)
    assert models.input_value() == checkpoint.as_posix()
    models.select_option(value=NAME)
    wait_until(lambda: explorer.state()["model"] == NAME, "the chosen model")
    eta = explorer.root.get_by_role("slider", name=ETA)
    wait_until(lambda: eta.input_value() == "0", "the panels of the new model, with η = 0")
    explorer.root.get_by_label("Reset η to 1").click()  # force guidance is on by default
    run_with_both_parameters(explorer, 1.0, 1.0)
    explorer.book.screenshot("any_protein_by_choice", explorer.root)
    explorer.root.get_by_text("Protein and sampler").click()
    models.select_option(label=checkpoint.name)  # the model given by path is still on offer
    wait_until(lambda: explorer.state()["model"] == checkpoint.as_posix(), "the first one again")


def test_fixed_residues_are_shown_and_cleared(open_notebook):
    """Fixed in code, shown on the screen, changed there, and refused if they do not exist."""
    cell = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", fix="3-7", samples=4, steps=5, seed=1)
e
"""
    explorer = Page(open_notebook(cell))
    status = explorer.root.locator(".cd-names")
    explorer.run_to_the_end()
    assert "residues 3-7 fixed" in status.inner_text()
    explorer.root.get_by_text("Start from").click()
    field = explorer.root.get_by_label("Fixed", exact=True)
    assert field.input_value() == "3-7"
    explorer.book.screenshot("fixed_residues", explorer.root)
    field.fill("8-12")
    field.press("Enter")
    assert "8-12 do not all exist" in explorer.root.get_by_role("alert").inner_text()
    field.fill("")
    field.press("Enter")
    wait_until(lambda: "fixed" not in status.inner_text(), "no fixed residues")
    explorer.run_to_the_end()


def test_a_dropped_file_opens_its_sequence(open_notebook):
    cell = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", samples=4, steps=5, seed=1)
e
"""
    explorer = Page(open_notebook(cell))
    drop = """(root, [name, text]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], name));
      for (const type of ["dragover", "drop"]) {
        root.querySelector("canvas").dispatchEvent(
          new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      }
    }"""
    explorer.root.evaluate(drop, ["notes.txt", "x"])
    explorer.root.get_by_text("notes.txt cannot be opened here").wait_for()
    explorer.root.evaluate(drop, ["mine.fasta", ">mine\nGASPK\n"])
    explorer.root.locator(".cd-header", has_text="GASPK").wait_for()
    explorer.run_to_the_end()
