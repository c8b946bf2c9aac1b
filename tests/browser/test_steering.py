"""Physical guidance during a run, and all display options."""

from __future__ import annotations

from .explorer import ETA
from .lab import wait_until
from .pixels import wait_for_pixels_to_change, wait_for_still_pixels


def test_eta_changed_in_a_run_is_logged_and_acts(explorer):
    eta = explorer.root.get_by_role("slider", name=ETA)
    explorer.root.get_by_role("radio", name="Scores", exact=True).click()
    explorer.speed("4 steps/s")
    explorer.button("▶ Run").click()
    explorer.wait_for_status("running")
    wait_until(lambda: len(explorer.state()["etas"]) > 2, "steps without guidance")
    eta.focus()
    eta.press("End")
    flag = explorer.root.locator(".cd-flag").first
    flag.wait_for()
    assert "η" in flag.inner_text()
    wait_until(lambda: explorer.state()["etas"][-1] == 5.0, "a step with η")
    explorer.button("❚❚ Pause").click()
    explorer.wait_for_status("paused")
    etas = explorer.state()["etas"]
    assert etas[0] == 0.0 and etas == sorted(etas)
    score = explorer.book.execute("print(float(abs(e.session.current.last.physical_score).max()))")
    assert float(score) > 0
    named = "[t.name for t in e.plots.figure.data if t.visible and 'physical' in (t.name or '')]"
    wait_until(lambda: "A: physical" in explorer.book.execute(f"print({named})"), "its curve")
    explorer.book.screenshot("explorer_eta")
    explorer.root.get_by_role("button", name="Reset η to 1").click()
    explorer.button("Step").first.click()
    wait_until(lambda: explorer.state()["etas"][-1] == 1.0, "η at its default")


def test_every_display_option_changes_the_view(explorer):
    root, view = explorer.root, explorer.viewer
    eta = root.get_by_role("slider", name=ETA)
    eta.focus()
    eta.press("End")
    explorer.run_to_the_end()
    slider = root.get_by_role("slider", name="Step", exact=True)
    slider.focus()
    for _ in range(12):
        slider.press("ArrowLeft")
    wait_until(lambda: explorer.state()["step"] == 28, "a noisy step")
    last = wait_for_still_pixels(view)

    def check_change(change, what):
        nonlocal last
        change()
        try:
            wait_for_pixels_to_change(view, last)
        except AssertionError as error:
            raise AssertionError(f"{what} changed nothing") from error
        last = wait_for_still_pixels(view)

    check_change(lambda: root.get_by_role("radio", name="xₜ noisy").click(), "xₜ")
    check_change(lambda: root.get_by_role("radio", name="x̂₀ predicted").click(), "x̂₀")
    check_change(lambda: root.get_by_role("radio", name="One", exact=True).click(), "one conformer")
    check_change(lambda: root.get_by_role("radio", name="Overlay").click(), "the overlay")
    color = root.get_by_role("combobox", name="Colour")
    for name in ("Residue", "RMSF", "Guidance force", "Conformer"):
        check_change(lambda name=name: color.select_option(label=name), name)
    style = root.get_by_role("combobox", name="Style")
    for name in ("Cartoon", "Atoms", "Tube"):
        check_change(lambda name=name: style.select_option(label=name), name)
    check_change(lambda: root.get_by_role("checkbox", name="Folded").click(), "the ghost")
    check_change(lambda: root.get_by_role("checkbox", name="Force").click(), "the arrows")
    explorer.book.screenshot("explorer_looks")


def test_a_branch_has_its_own_name_and_parameters(explorer):
    explorer.run_to_the_end()
    slider = explorer.root.get_by_role("slider", name="Step", exact=True)
    slider.focus()
    for _ in range(20):
        slider.press("ArrowLeft")
    wait_until(lambda: explorer.state()["step"] == 20, "the earlier step")
    gamma = explorer.root.get_by_label("γ, number")
    gamma.fill("0.3")
    gamma.press("Enter")
    wait_until(lambda: "0.3" in gamma.input_value(), "γ")
    explorer.button("Branch here").click()
    wait_until(lambda: explorer.state()["branch"] == "B", "the branch")
    explorer.button("▶ Run").click()
    wait_until(lambda: len(explorer.state()["gammas"]) == 40, "the end of the branch")
    assert explorer.state()["gammas"] == [1.0] * 20 + [0.3] * 20
    gamma.fill("0.6")
    gamma.press("Enter")
    explorer.root.get_by_title("Show this branch").first.click()
    wait_until(lambda: explorer.state()["branch"] == "A", "the first branch")
    wait_until(lambda: gamma.input_value() == "0.3", "the γ of branch A")
