"""Tests mirror the package: each module has a test file of its path, or a stated substitute."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parents[1] / "confdiff_widgets"

SOLVERS = "diffusion/solvers/test_solvers.py"
GOLDEN = "models/test_golden.py"
LANGUAGE_MODELS = "representations/test_language_models.py"
PANELS = "widgets/ensembles/test_panels.py"

SUBSTITUTES = {
    # every solver against the same flows with closed forms
    "diffusion/solvers/base.py": SOLVERS,
    "diffusion/solvers/euler_maruyama.py": SOLVERS,
    "diffusion/solvers/exponential.py": SOLVERS,
    "diffusion/solvers/heun.py": SOLVERS,
    # parts of one network, against outputs of the published implementation
    "models/embedder.py": GOLDEN,
    "models/heads.py": GOLDEN,
    "models/ipa.py": GOLDEN,
    "models/layers.py": GOLDEN,
    "models/structure_module.py": GOLDEN,
    # runs in a process of its own
    "ensembles/_decoder_main.py": "ensembles/test_frame_decoder.py",
    "sweep/ignore_sigint.py": "sweep/test_cluster.py",
}
"""Modules that another test file covers."""

NO_LOGIC = {
    "proteins/advice.py": "two sentences",
    "version.py": "one number",
}
"""Modules without anything that a test could find wrong."""

PENDING: set[str] = {
    "cli/_arguments.py",
    "cli/_summary.py",
    "cli/doctor.py",
    "cli/lab.py",
    "cli/melting.py",
    "cli/proteins.py",
    "cli/represent.py",
    "ensembles/array_files.py",
    "ensembles/backbone_atoms.py",
    "ensembles/chain_geometry.py",
    "ensembles/ensemble_data.py",
    "ensembles/sequence_alignment.py",
    "ensembles/sequence_matching.py",
    "ensembles/trajectory_files.py",
    "live/branch.py",
    "live/frame.py",
    "live/run_factory.py",
    "live/run_format.py",
    "live/step_format.py",
    "models/confdiff.py",
    "models/config.py",
    "models/network_file.py",
    "models/score_model.py",
    "models/sizes.py",
    "physics/chemistry.py",
    "physics/config.py",
    "physics/dynamics/run_folder.py",
    "physics/dynamics/state.py",
    "physics/hydrogens.py",
    "physics/labels.py",
    "proteins/checkpoint_models.py",
    "proteins/find_sequences.py",
    "proteins/melting.py",
    "reports/ensemble_statistics.py",
    "reports/figures.py",
    "reports/html_page.py",
    "reports/known_states.py",
    "reports/melting_figures.py",
    "reports/plot_specs.py",
    "reports/recovery.py",
    "reports/saving.py",
    "reports/shape_figures.py",
    "reports/simulation_files.py",
    "reports/state_figures.py",
    "reports/tables.py",
    "representations/base.py",
    "representations/cached.py",
    "representations/esm2.py",
    "representations/esmfold.py",
    "representations/npz.py",
    "representations/precomputed.py",
    "sampling/device.py",
    "sampling/initial_state.py",
    "sampling/pathways/config.py",
    "sampling/pathways/density.py",
    "sampling/pathways/ends.py",
    "sampling/pathways/table.py",
    "sampling/state.py",
    "sampling/weighted_runs.py",
    "sweep/cell.py",
    "sweep/figure.py",
    "sweep/stored_keys.py",
    "training/checkpoint.py",
    "training/logbook.py",
    "widgets/ensembles/ca_trace.py",
    "widgets/ensembles/ensemble_file.py",
    "widgets/ensembles/ensemble_view.py",
    "widgets/ensembles/evaluation_input.py",
    "widgets/ensembles/metastable_states_view.py",
    "widgets/ensembles/paired_figure.py",
    "widgets/explorer/conformer_table.py",
    "widgets/explorer/curve_traces.py",
    "widgets/explorer/curves.py",
    "widgets/explorer/display_options.py",
    "widgets/explorer/exports.py",
    "widgets/explorer/messages.py",
    "widgets/explorer/new_runs.py",
    "widgets/explorer/panels.py",
    "widgets/explorer/renderer.py",
    "widgets/explorer/run_commands.py",
    "widgets/explorer/self_check.py",
    "widgets/explorer/state.py",
    "widgets/explorer/view_model.py",
    "widgets/notebook.py",
    "widgets/panel.py",
    "widgets/sweep/melting_plot.py",
    "widgets/viewer/scene.py",
    "widgets/viewer/stage.py",
    "widgets/viewer/tubes.py",
    "widgets/viewer/viewer_pair.py",
}
"""Modules without a test file; a module may only leave this list."""


def mirrored(module: str) -> Path:
    """Return the test file of a module, given by its path in the package."""
    path = Path(module)
    return TESTS / path.with_name(f"test_{path.stem.lstrip('_')}.py")


MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)


def test_every_module_has_a_test_file_or_a_substitute():
    missing = {module for module in MODULES if not mirrored(module).is_file()}
    assert missing - SUBSTITUTES.keys() - NO_LOGIC.keys() == PENDING


@pytest.mark.parametrize("module", sorted({*SUBSTITUTES, *NO_LOGIC, *PENDING}))
def test_exceptions_are_modules_without_a_test_file(module):
    assert module in MODULES
    assert not mirrored(module).exists()
    assert (module in SUBSTITUTES) + (module in NO_LOGIC) + (module in PENDING) == 1
    assert (TESTS / SUBSTITUTES.get(module, "test_mirror.py")).is_file()


def test_modules_without_logic_define_no_functions():
    for module in NO_LOGIC:
        tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While)
        assert not any(isinstance(node, kinds) for node in ast.walk(tree)), module
