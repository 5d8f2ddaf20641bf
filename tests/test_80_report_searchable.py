"""Tables of the literature: complete, as printed, searchable without a network, plain without a script."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cropnb.report import load_catalogue, searchable_table
from cropnb.schema import SchemaError

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "book" / "_assets"
FRAME = pd.DataFrame({"sensor": ["Sentinel-1", "TerraSAR-X"], "method": ["1D-CNN", "<RF> & Rußwurm"]})
TIDY = runpy.run_path(str(ROOT / "book" / "_ext" / "bookfix.py"))["tidy_tables"]


@pytest.mark.parametrize(
    ("name", "n_row", "columns"),
    [
        ("thesis-table-2-1", 39, ["application", "sensor", "scale", "approach", "reference", "remark"]),
        ("thesis-table-2-2", 13, ["sensor", "feature", "method", "reference", "remark"]),
    ],
)
def test_the_tables_of_the_thesis_have_all_rows_and_no_empty_cell(name: str, n_row: int, columns: list[str]):
    frame = load_catalogue(name)
    assert len(frame) == n_row
    assert sorted(frame.columns) == sorted(columns)
    assert (frame.drop(columns="remark") != "").all(axis=None)
    assert frame.attrs["source"] == "Liu2024"
    assert frame.attrs["caption"].endswith("of Liu (2024)")


def test_slips_stay_as_printed_and_are_marked():
    frame = load_catalogue("thesis-table-2-2")
    slip = frame[frame.reference.str.contains("Mandle")]
    assert slip.remark.tolist() == ["a slip: Mandal et al., 2020"]


def test_the_html_is_a_complete_table_without_any_script():
    soup = BeautifulSoup(searchable_table(FRAME, caption="Studies")._repr_html_(), "html.parser")
    assert soup.caption.get_text() == "Studies (2 rows)"
    assert [th.get_text() for th in soup.select("thead th[scope=col]")] == ["sensor", "method"]
    assert [td.get_text() for td in soup.select("tbody td")] == ["1D-CNN", "<RF> & Rußwurm"]
    assert [td["data-label"] for td in soup.select("tbody td")] == ["method", "method"]


def test_words_that_start_with_a_digit_are_not_set_as_numbers():
    assert "number" not in TIDY(searchable_table(FRAME, caption="Studies")._repr_html_())


def test_text_and_markdown_have_the_same_cells():
    table = searchable_table(FRAME, caption="Studies")
    assert "TerraSAR-X" in repr(table)
    assert "| TerraSAR-X | <RF> & Rußwurm |" in table._repr_markdown_()


@pytest.mark.parametrize(
    ("text", "problem"),
    [(None, "no 'mine'"), ("title = 'a'", "no .'source'"), ("[[row]]\na = '1'", "no .'title'")],
)
def test_a_missing_or_headless_table_is_refused(tmp_path: Path, text: str | None, problem: str):
    if text is not None:
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=problem):
        load_catalogue("mine", folder=tmp_path)


def test_a_table_without_a_caption_is_refused():
    with pytest.raises(SchemaError, match="caption"):
        searchable_table(FRAME)


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A page from a folder, with the book's script and style, as wide as a phone."""
    shots = runpy.run_path(str(ROOT / "scripts" / "screenshots.py"))
    chromium = shots["find_chromium"]()
    if chromium is None:
        pytest.skip("no Chromium on the path")
    file = tmp_path_factory.mktemp("search") / "page.html"
    head = "".join(f"<style>{(ASSETS / name).read_text('utf-8')}</style>" for name in ("searchable.css",))
    script = (ASSETS / "searchable.js").read_text("utf-8")
    table = searchable_table(FRAME, caption="Studies")._repr_html_()
    body = f'<article class="bd-article"><div class="cell_output">{table}</div></article>'
    file.write_text(
        f"<meta charset='utf-8'>{head}<body>{body}<script>{script}</script></body>", encoding="utf-8"
    )
    with shots["sync_playwright"]() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(shots["FLAGS"]))
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        tab.goto(file.as_uri())
        yield tab
        browser.close()


def shown(page: Any) -> list[str]:
    return [
        row.inner_text().split("\n")[0] for row in page.query_selector_all("tbody tr") if row.is_visible()
    ]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("", ["Sentinel-1", "TerraSAR-X"]),
        ("sentinel", ["Sentinel-1"]),
        ("RUSSWURM terra", ["TerraSAR-X"]),
        ("terra 1d-cnn", []),
    ],
)
def test_typing_leaves_the_rows_that_hold_every_word(page: Any, words: str, left: list[str]):
    page.fill("input[type=search]", words)
    assert shown(page) == left
    assert page.inner_text("output") == f"{len(left)} of 2 rows"


@pytest.mark.browser
def test_the_field_is_reached_by_tab_and_emptied_by_escape(page: Any):
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.type("terra")
    assert shown(page) == ["TerraSAR-X"]
    page.keyboard.press("Escape")
    assert len(shown(page)) == 2
    assert page.get_by_label("Search this table").is_visible()


@pytest.mark.browser
def test_a_phone_need_not_scroll_sideways(page: Any):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
