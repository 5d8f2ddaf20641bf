"""Where the book shows which exhibit."""

from __future__ import annotations

from cropnb.chapters.source import load_chapter, slugs


def exhibit_links() -> dict[str, str]:
    """Where each exhibit stands, seen from a page at the book's root.

    Returns
    -------
    dict of str to str
        Id of an exhibit -> address of its table or figure, for all chapters of the project.

    Raises
    ------
    SchemaError
        If a chapter's front matter cannot be read.
    """
    return {
        name: f"chapters/{slug}.html#exhibit-{name}"
        for slug, path in slugs().items()
        for name in load_chapter(path).exhibits
    }
