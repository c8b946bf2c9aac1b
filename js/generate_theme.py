"""Write the CSS variables of the panels from confdiff_widgets/palette.py; `make js` runs this."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from confdiff_widgets import palette  # noqa: E402

TARGET = HERE / "widgets" / "src" / "shared" / "theme.generated.css"


def generated_css() -> str:
    """Return the CSS of both themes."""
    light = palette.css_variables(palette.LIGHT, "--cd-theme-")
    dark = palette.css_variables(palette.DARK, "--cd-theme-")
    return (
        "/* Generated from confdiff_widgets/palette.py by js/generate_theme.py. Do not edit. */\n"
        f".confdiff-explorer {{\n{light}\n}}\n"
        f'[data-jp-theme-light="false"] .confdiff-explorer {{\n{dark}\n}}\n'
    )


if __name__ == "__main__":
    TARGET.write_text(generated_css(), encoding="utf-8")
