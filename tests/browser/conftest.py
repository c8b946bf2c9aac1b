"""Fixtures: one JupyterLab and one Chromium for all browser tests, a new notebook for each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from .explorer import SHOW
from .explorer import Page as Explorer
from .lab import CHROMIUM_FLAGS, Notebook, Server, chromium

HARMLESS = (
    "favicon",
    "Download the React DevTools",
    "Could not restore the debugger state",  # JupyterLab, if a kernel restarts meanwhile
    "reading '_template'",  # plotly, if a layout arrives while a page reloads
)
"""Parts of console errors that are not caused by this package."""


LONG = {
    "test_any_protein.py": {"test_a_full_size_checkpoint_by_path_and_by_choice"},
    "test_explorer.py": {
        "test_reload_a_second_view_and_a_restarted_kernel",
        "test_a_stopped_kernel_is_reported",
        "test_dark_theme",
    },
    "test_extension.py": {
        "test_the_card_follows_the_theme",
        "test_the_command_palette_runs_the_explorer",
        "test_file_names_with_special_characters",
    },
    "test_lifetime.py": {
        "test_two_explorers_are_independent",
        "test_a_run_continues_without_its_page",
    },
    "test_live_energy.py": {
        "test_curves_of_folding_and_force",
        "test_without_a_surrogate_openmm_is_alone",
    },
    "test_one_screen.py": {"test_everything_is_on_one_screen_and_nothing_jumps[dark]"},
    "test_panels.py": {"test_states_and_their_frames"},
    "test_peptides.py": {"test_a_simulation_becomes_the_reference"},
    "test_report.py": {"test_the_report_follows_the_colour_scheme"},
    "test_snapshot_of_0_1.py": {"test_its_timeline_moves_the_structures[True]"},
    "test_steering.py": {
        "test_every_display_option_changes_the_view",
        "test_a_branch_has_its_own_name_and_parameters",
    },
    "test_sweep.py": {"test_a_sweep_is_run_cancelled_resumed_and_reopened"},
    "test_temperature.py": {
        "test_the_slider_sets_whole_kelvins_and_marks_extrapolation",
        "test_a_change_during_the_run_is_varied_and_has_no_background",
        "test_gamma_makes_the_temperature_approximate",
        "test_the_header_does_not_wrap[1100-720]",
        "test_the_header_does_not_wrap[1440-900]",
    },
    "test_viewer.py": {
        "test_chains_stay_intact_if_the_style_changes_during_noise",
        "test_display_attributes",
        "test_background_follows_the_theme",
        "test_reloading_shows_the_last_frame",
        "test_frames_shown_before_display_appear_in_all_views",
        "test_two_viewers_do_not_disturb_each_other",
        "test_cameras_of_a_group_move_together",
        "test_screenshot_matches_the_screen_at_twice_the_resolution",
        "test_follows_the_size_of_its_box",
        "test_survives_a_kernel_restart",
    },
}
"""Tests of `make test-long`: a function with all its cases, or one case. About 20 s each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if {item.name, item.name.partition("[")[0]} & LONG.get(item.path.name, set()):
                item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    executable = chromium()
    if executable is None:
        message = "Chromium not found. Install it with `make system`, or set CHROMIUM to its path."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"),
            executable_path=executable,
            args=list(CHROMIUM_FLAGS),
            viewport={"width": 1280, "height": 720},
        )
        yield context
        context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


@pytest.fixture
def open_notebook(
    server: Server, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Return a function that opens a new notebook with these cells in a new page.

    With ``file_browser``, the page shows JupyterLab's file browser, otherwise the notebook alone.
    Errors in the browser's console fail the test.
    """
    opened: list[Notebook] = []

    def open_(*cells: str, file_browser: bool = False) -> Notebook:
        name = f"{request.node.name}-{len(opened)}.ipynb"
        opened.append(Notebook(server, browser, name, list(cells), file_browser=file_browser))
        return opened[-1]

    request.node.notebooks = opened
    yield open_
    errors = [e for book in opened for e in book.errors if not any(h in e for h in HARMLESS)]
    for book in opened:
        book.close()
    assert not errors, "Errors in the browser's console:\n" + "\n".join(errors)


@pytest.fixture
def explorer(open_notebook: Callable[..., Notebook]) -> Explorer:
    """The Explorer of chignolin in a new notebook."""
    return Explorer(open_notebook(SHOW))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the browser's console to the report of a failed test."""
    report = yield
    if report.failed:
        for book in getattr(item, "notebooks", []):
            report.sections.append((f"console of {book.path.name}", "\n".join(book.console[-60:])))
    return report
