"""Short peptides in the Explorer: two sequences side by side, and the user's own reference."""

from __future__ import annotations

import json
import shutil

import mdtraj
import numpy as np

from .explorer import Page
from .lab import wait_until
from .pixels import wait_for_pixels_to_change, wait_for_still_pixels

SHOW = """
from confdiff_widgets import Explorer
e = Explorer("GYDPETGTWG", compare="GYDPATGTWG", seed=3, samples=8, steps=20)
e
"""
SECOND = """
import json
second = e._controller.state.second
print(json.dumps(None if second is None else {
    "sequence": second.system.sequence, "same": second.current.config == e.session.current.config,
    "finished": second.current.finished,
}))
"""


def second(explorer):
    return json.loads(explorer.book.execute(SECOND))


def test_two_sequences_run_side_by_side(open_notebook):
    explorer = Page(open_notebook(SHOW))
    canvases = explorer.root.locator("canvas")
    explorer.run_to_the_end()
    wait_until(lambda: canvases.count() == 2, "the second viewer")
    wait_until(lambda: second(explorer)["finished"], "the end of the second run")
    assert second(explorer) == {"sequence": "GYDPATGTWG", "same": True, "finished": True}
    titles = explorer.root.locator(".confdiff-view-title")
    assert titles.all_inner_texts() == ["GYDPETGTWG", "GYDPATGTWG (E5A)"]
    explorer.root.get_by_role("radio", name="φ, ψ").click()
    points = explorer.root.locator(".plotly .subplot.x3y3 .scatterlayer .points path:visible")
    explorer.book.screenshot("compared_light", explorer.root)
    wait_until(lambda: points.count() == 16, "8 points of each sequence")
    explorer.book.screenshot("compared_light", explorer.root)

    # both cameras turn together
    before = wait_for_still_pixels(canvases.nth(1))
    box = explorer.viewer.bounding_box()
    page = explorer.book.page
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 20, steps=4)
    page.mouse.up()
    wait_for_pixels_to_change(canvases.nth(1), before)

    # another sequence by hand, a refused one, and none
    explorer.root.get_by_text("Protein and sampler").click()
    field = explorer.root.get_by_placeholder("sequence of equal length")
    field.fill("GYDPETG")
    field.press("Enter")
    explorer.root.get_by_text("Compare sequences of equal length").first.wait_for()
    assert second(explorer)["sequence"] == "GYDPATGTWG"
    field.fill("GYDPETGTWA")
    field.press("Enter")
    wait_until(lambda: second(explorer)["sequence"] == "GYDPETGTWA", "the new sequence")
    explorer.run_to_the_end()
    wait_until(lambda: "(G10A)" in "".join(titles.all_inner_texts()), "the new title")
    explorer.book.set_theme(dark=True)
    explorer.book.screenshot("compared_dark", explorer.root)
    explorer.book.set_theme(dark=False)
    explorer.root.get_by_text("Protein and sampler").click()
    field.fill("")
    field.press("Enter")
    wait_until(lambda: second(explorer) is None, "the end of the comparison")


def test_a_simulation_becomes_the_reference(open_notebook, server, data_dir):
    folder = server.root / "simulation"
    folder.mkdir()
    frames = mdtraj.load(data_dir / "chignolin_heavy.xtc", top=data_dir / "chignolin_heavy.pdb")
    shutil.copy(data_dir / "chignolin_heavy.pdb", folder / "topology.pdb")
    frames.time = np.arange(len(frames)) * 10.0
    frames.save_xtc(str(folder / "md_320K_00.xtc"))
    np.savez(folder / "md_320K.npz", temperature_k=np.full((1, len(frames)), 320.0))
    show = """
from confdiff_widgets import Explorer
e = Explorer("chignolin", seed=3, samples=4, steps=20, temperature=320)
e
"""
    explorer = Page(open_notebook(show))
    explorer.root.get_by_text("Protein and sampler").click()
    field = explorer.root.get_by_label("Reference")
    field.fill("simulation")
    field.press("Enter")
    explorer.root.get_by_text("Your MD's free energy at 320 K").first.wait_for()
    explorer.run_to_the_end()
    explorer.book.screenshot("own_reference", explorer.root)
    explorer.root.get_by_text("Protein and sampler").click()
    field = explorer.root.get_by_label("Reference")
    assert field.input_value() == "simulation"
    field.fill("missing")
    field.press("Enter")
    explorer.root.get_by_text("is not the folder of one simulation").first.wait_for()
