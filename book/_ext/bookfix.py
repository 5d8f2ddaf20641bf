"""Keep the pages quiet, offline and narrow: no thebe, no script twice, tables that scroll in a box."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

THEBE = ("THEBE_JS_URL", "thebe")  # never used here; its scripts name a CDN
BOX = '<div class="pst-scrollable-table-container" role="region" aria-label="Table" tabindex="0">'


def drop_extra_scripts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Drop thebe and everything that two extensions added twice."""
    kept: dict[tuple[str, str], Any] = {}
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body") or ""
        name = str(getattr(script, "filename", script) or "")
        if not any(word in body or word in name for word in THEBE):
            kept.setdefault((name, body), script)
    context["script_files"] = list(kept.values())
    sheets = context.get("css_files", [])
    context["css_files"] = [s for s in sheets if "thebe" not in str(getattr(s, "filename", s))]


def box_tables(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put each table that a cell printed into a box of its own, and turn empty headers into plain cells."""
    for raw in doctree.findall(nodes.raw):
        if "html" in raw.get("format", "").split() and "<table" in raw.astext():
            raw[:] = [nodes.Text(tidy_tables(raw.astext()))]


def tidy_tables(html: str) -> str:
    """`html` with boxed tables, numbers marked, and no empty header cell, as pandas writes above an index."""
    html = re.sub(r"<th([^>]*)>\s*(?:&nbsp;)?\s*</th>", r"<td\1></td>", html)
    html = re.sub(
        r"(<thead>.*?</thead>)", lambda m: m[1].replace("<th>", '<th scope="col">'), html, flags=re.DOTALL
    )
    html = re.sub(r"<td>(?=\s*[-+\u2212]?\d)", '<td class="number">', html)
    return html.replace("<table", BOX + "<table").replace("</table>", "</table></div>")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", drop_extra_scripts, priority=900)
    app.connect("doctree-resolved", box_tables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
