"""The menus and the search field above a table, used in a browser with the keyboard alone."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

from cropnb.report import searchable_table
from cropnb.schema import SchemaError

ROOT = Path(__file__).parents[1]
SHOTS = runpy.run_path(str(ROOT / "scripts" / "screenshots.py"))
FRAME = pd.DataFrame(
    {
        "verdict": ["does not hold", "holds", "holds"],
        "claim": ["maize in May", "maize in June", "soybean in May"],
        "source": ["A", "A", "B"],
    }
)


@pytest.mark.browser
def test_menus_and_words_narrow_the_rows_together(tmp_path: Path) -> None:
    chromium = SHOTS["find_chromium"]()
    if chromium is None:
        pytest.skip("no Chromium on the path")
    script = (ROOT / "book" / "_assets" / "searchable.js").read_text(encoding="utf-8")
    table = searchable_table(FRAME, caption="Claims", filters=["verdict", "source"])
    page_file = tmp_path / "page.html"
    page_file.write_text(f"<html><body>{table._repr_html_()}<script>{script}</script></body></html>")
    with SHOTS["sync_playwright"]() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(SHOTS["FLAGS"]))
        page = browser.new_page()
        page.goto(page_file.as_uri())
        count = page.locator(".table-search output")
        assert count.inner_text() == "3 of 3 rows"
        page.get_by_label("Verdict").focus()
        page.keyboard.type("holds")  # what a list of a browser does with typed letters
        assert count.inner_text() == "2 of 3 rows"
        page.get_by_label("Search this table").focus()
        page.keyboard.type("may")
        assert count.inner_text() == "1 of 3 rows"
        page.keyboard.press("Escape")
        assert count.inner_text() == "2 of 3 rows"
        browser.close()


def test_a_filter_that_is_no_column_is_an_error() -> None:
    with pytest.raises(SchemaError, match="verdikt"):
        searchable_table(FRAME, caption="Claims", filters=["verdikt"])
