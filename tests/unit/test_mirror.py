"""Tests mirror the package: each module has a test file of its path, or a stated substitute."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parents[1] / "confdiff_widgets"

SOLVERS = "diffusion/solvers/test_solvers.py"
GOLDEN = "models/test_golden.py"
CHECKPOINTS = "models/test_checkpoints.py"
COMMANDS = "cli/test_commands.py"
FEATURES = "representations/test_registry.py"
LANGUAGE_MODELS = "representations/test_language_models.py"
EVALUATION = "reports/test_evaluation.py"
PANELS = "widgets/ensembles/test_panels.py"
CONTROLLER = "widgets/explorer/test_controller.py"
VIEWER = "widgets/viewer/test_viewer.py"

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
    # files of networks: written, read and refused through `checkpoints`
    "models/network_file.py": CHECKPOINTS,
    "models/sizes.py": CHECKPOINTS,
    # features by name, in files and in the cache
    "representations/base.py": FEATURES,
    "representations/cached.py": FEATURES,
    "representations/npz.py": FEATURES,
    "representations/precomputed.py": FEATURES,
    "representations/esm2.py": LANGUAGE_MODELS,
    "representations/esmfold.py": LANGUAGE_MODELS,
    # renderings of one evaluation, compared with each other and with its numbers
    "reports/figures.py": EVALUATION,
    "reports/html_page.py": EVALUATION,
    "reports/saving.py": EVALUATION,
    "reports/shape_figures.py": EVALUATION,
    "reports/state_figures.py": EVALUATION,
    "reports/tables.py": EVALUATION,
    "reports/melting_figures.py": "sweep/test_melting.py",
    "sweep/figure.py": "sweep/test_maps.py",
    # commands, through the command line
    "cli/doctor.py": COMMANDS,
    "cli/lab.py": COMMANDS,
    "cli/proteins.py": COMMANDS,
    "cli/melting.py": "cli/test_sweep.py",
    # parts of one widget, through its public interface
    "widgets/ensembles/ensemble_view.py": PANELS,
    "widgets/ensembles/evaluation_input.py": PANELS,
    "widgets/ensembles/metastable_states_view.py": PANELS,
    "widgets/ensembles/paired_figure.py": PANELS,
    "widgets/explorer/new_runs.py": CONTROLLER,
    "widgets/explorer/panels.py": "widgets/explorer/test_explorer.py",
    "widgets/explorer/renderer.py": "widgets/explorer/test_explorer.py",
    "widgets/explorer/run_commands.py": CONTROLLER,
    "widgets/explorer/view_model.py": "widgets/explorer/test_panel_states.py",
    "widgets/sweep/melting_plot.py": "widgets/sweep/test_panel.py",
    "widgets/viewer/scene.py": VIEWER,
    "widgets/viewer/stage.py": VIEWER,
    # refusals of one resolver, through `load_system`
    "proteins/checkpoint_models.py": "proteins/test_system.py",
    "ensembles/backbone_atoms.py": "ensembles/test_readers.py",
    "physics/dynamics/run_folder.py": "physics/dynamics/test_simulation.py",
    # a protocol, which the controller uses
    "widgets/explorer/screen.py": "widgets/explorer/test_controller.py",
    # runs in a process of its own
    "ensembles/_decoder_main.py": "ensembles/test_frame_decoder.py",
    "sweep/ignore_sigint.py": "cli/test_sweep.py",
}
"""Modules that another test file covers."""

NO_LOGIC = {
    "proteins/advice.py": "two sentences",
    "version.py": "one number",
}
"""Modules without anything that a test could find wrong."""

PENDING: set[str] = set()
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
