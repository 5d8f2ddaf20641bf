"""Data cards: what a reader should know about a scene before trusting a number computed on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from cropnb.scenes import SceneEntry

_UNITS = ("bytes", "kB", "MB", "GB")


@dataclass(frozen=True)
class Html:
    """Text that a notebook shows as HTML."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def scene_cards(entries: Iterable[SceneEntry]) -> Html:
    """One card per scene, real ones first.

    Parameters
    ----------
    entries : iterable of SceneEntry
        Entries of the catalogue.

    Returns
    -------
    Html
        Displayed, the cards.
    """
    return Html("\n".join(scene_card(entry) for entry in sorted(entries, key=lambda entry: entry.kind)))


def scene_card(entry: SceneEntry) -> str:
    """HTML of one card."""
    rows = {
        "Name": f"<code>{escape(entry.name)}</code>",
        "Place": escape(entry.region),
        "Season": escape(entry.season.replace("/", " to ")),
        "Source": _linked(entry.source),
        "Cite": _linked(entry.citation),
        "Licence": escape(entry.licence),
        "Download": _download(entry),
        "Checksum": f"<code>{entry.fingerprint[:12]}…</code> (SHA-256)" if entry.files else "",
        "Beware": escape(entry.notes),
    }
    told = "\n".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows.items() if text)
    kind = escape(entry.kind)
    return (
        f'<section class="scene-card" id="scene-{escape(entry.name)}">\n<h3>{escape(entry.title)}</h3>\n'
        f'<p class="kind-badge kind-{kind}">{kind}</p>\n<dl>\n{told}\n</dl>\n</section>'
    )


def readable_size(n_byte: int) -> str:
    """A number of bytes as people say it.

    Examples
    --------
    >>> readable_size(12_345_678)
    '12.3 MB'
    """
    power = min(3, max(0, (len(str(n_byte)) - 1) // 3))
    digits = 1 if power else 0
    return f"{n_byte / 1000**power:.{digits}f} {_UNITS[power]}"


def _download(entry: SceneEntry) -> str:
    if not entry.files:
        return "none: made on first use" if entry.kind == "simulated" else ""
    n_file = len(entry.files)
    return f"{readable_size(entry.size)} in {n_file} file{'s' if n_file > 1 else ''}"


def _linked(text: str) -> str:
    shown = escape(text)
    return f'<a href="{shown}">{shown}</a>' if text.startswith("https://") and " " not in text else shown
