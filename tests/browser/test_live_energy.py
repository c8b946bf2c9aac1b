"""The energies while a run plays at full speed, and OpenMM's as they arrive."""

from __future__ import annotations

from .explorer import Page
from .lab import wait_until

SHOW = """
from confdiff_widgets import Explorer
e = Explorer({arguments}, seed=7, samples=4, steps=40)
e
"""

WATCH_RUN = """
async () => {
  const root = document.querySelector(".confdiff-explorer");
  const plot = root.querySelector(".js-plotly-plot");
  const status = () => root.querySelector("[role=status]").innerText;
  const points = () => {
    const line = plot._fullData.find((trace) => trace.name === "A: mean estimated energy");
    return line && line.visible === true ? line.x.length : 0;
  };
  [...root.querySelectorAll("button")].find((b) => b.innerText.includes("Run")).click();
  let most = 0;
  for (const end = performance.now() + 60000; performance.now() < end; ) {
    const drawn = points();
    const now = status();
    if (now.startsWith("running")) most = Math.max(most, drawn);
    if (now.startsWith("finished")) break;
    await new Promise(requestAnimationFrame);
  }
  return most;
}
"""
"""Start a run, and return the largest number of estimates that are drawn before its end."""


def heading(explorer: Page) -> str:
    """Return what is written above the energies."""
    texts = explorer.root.locator(".plotly .annotation-text").all_text_contents()
    return next(text for text in texts if text.startswith("Energy"))


def test_energies_of_all_steps_are_drawn_during_the_run(open_notebook):
    explorer = Page(open_notebook(SHOW.format(arguments='"chignolin"')))
    explorer.root.locator("canvas").first.wait_for()
    assert explorer.book.page.evaluate(WATCH_RUN) >= 8
    wait_until(lambda: "OpenMM 4/4" in heading(explorer), "OpenMM's energies of all conformers")
    assert "— estimate" in heading(explorer) and "▒ MD" in heading(explorer)
    explorer.book.screenshot("live_energy")
    explorer.root.get_by_role("button", name="What is the energies?").click()
    help_text = explorer.book.page.get_by_text("rank correlation on held-out").first
    assert "kcal/mol" in help_text.inner_text()


def test_curves_of_folding_and_force(open_notebook):
    explorer = Page(open_notebook(SHOW.format(arguments='"chignolin", guidance="force", eta=1.0')))
    explorer.run_to_the_end()
    before = explorer.curve(3)
    for tab in ("RMSD", "Contacts", "Force"):
        explorer.root.get_by_role("radio", name=tab, exact=True).click()
        wait_until(lambda before=before: explorer.curve(3) != before, f"the curve {tab}")
        before = explorer.curve(3)
    legend = explorer.root.locator(".confdiff-legend").first
    wait_until(lambda: "kT/Å" in legend.inner_text(), "the scale of the arrows")
    explorer.book.screenshot("force_curve")


def test_without_a_surrogate_openmm_is_alone(open_notebook):
    cell = SHOW.format(arguments='"GASPK"')
    explorer = Page(open_notebook(cell), reference=False)
    explorer.run_to_the_end()
    wait_until(lambda: "no estimate" in heading(explorer), "the note that there is no estimate")
