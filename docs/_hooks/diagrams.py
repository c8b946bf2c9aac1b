"""Add Mermaid to pages with diagrams, from the node modules of the checkout if there are any.

Without them, the theme loads Mermaid from the network, and shows the source where there is none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

MERMAID = Path(__file__).parents[2] / "js" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
SCRIPT = "develop/mermaid.min.js"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the script."""
    if MERMAID.is_file():
        files.append(File.generated(config, SCRIPT, abs_src_path=str(MERMAID)))
    return files


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """Load the script in pages with diagrams."""
    if 'class="mermaid"' not in html or not MERMAID.is_file():
        return html
    return f'{html}<script src="{get_relative_url(SCRIPT, page.url)}"></script>'
