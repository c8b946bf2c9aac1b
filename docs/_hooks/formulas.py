"""Convert formulas in $…$ and $$…$$ to MathML, which browsers render without a script."""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert

CODE = re.compile(r"(```.*?```|`[^`\n]*`|<iframe.*?</iframe>|^    .*?$)", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$\w])\$([^\s$](?:[^$\n]*[^\s$])?)\$(?![\w$])")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace formulas outside of code."""
    parts = CODE.split(markdown)
    parts[::2] = [_formulas(part) for part in parts[::2]]
    return "".join(parts)


def _formulas(text: str) -> str:
    text = BLOCK.sub(lambda found: _mathml(found[1], "block"), text)
    return INLINE.sub(lambda found: _mathml(found[1], "inline"), text)


def _mathml(formula: str, display: str) -> str:
    mathml = convert(formula.strip(), display=display)
    return f"\n\n{mathml}\n\n" if display == "block" else mathml
