"""Staging: badge, card, table of parameters and contents, from a chapter's front matter and its run."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import yaml

from cropnb import paths
from cropnb.chapters import book, cards
from cropnb.chapters.decoration import decorate
from cropnb.scenes import SceneEntry, catalogue, open_scene

BOOKFIX = runpy.run_path(str(Path(__file__).parents[1] / "book" / "_ext" / "bookfix.py"))
CARD = {
    "slug": "one",
    "title": "One",
    "objectives": ["see", "conquer"],
    "prerequisites": ["two", "patience"],
    "scenes": ["county-smoke"],
    "exhibits": ["a", "b"],
    "cost": {"laptop": "1 min", "smoke": {"time": "2 s", "memory": "1 GB"}},
    "parameters": {
        "n_tree": {"type": "int", "min": 1, "max": 10, "meaning": "trees"},
        "mode": {"type": "str", "choices": ["x|y", "z"], "meaning": "how"},
        "rate": {"type": "float", "min": 0.5, "meaning": "speed"},
    },
}


def executed(
    *, card: dict[str, Any] | None = None, run: dict[str, Any] | None = None, title: str = "# One\n\nWords."
) -> Any:
    """A chapter as the runner leaves it."""
    v4 = nbformat.v4
    code = 'n_tree = 3  # count\nmode = "z"\nrate = 1.5'
    notebook = v4.new_notebook(
        cells=[
            v4.new_markdown_cell(title),
            v4.new_code_cell(code, metadata={"tags": ["parameters"]}),
            v4.new_code_cell("n_tree = 7", metadata={"tags": ["injected-parameters"]}),
            v4.new_markdown_cell("(exhibit-a)=\n\nAn exhibit."),
        ]
    )
    notebook.metadata["cropnb"] = CARD if card is None else card
    notebook.metadata["cropnb_run"] = run or {}
    return notebook


def text(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_card_comes_between_title_and_words():
    source = decorate(executed(), slug="one").cells[0].source
    assert source.index("# One") < source.index("At a glance") < source.index("Words.")


def test_card_tells_objectives_costs_in_order_and_links_what_exists():
    card = decorate(executed(), slug="one", slugs=["one", "two"]).cells[0].source
    assert "- see\n  - conquer" in card
    assert "- {doc}`two`\n  - patience" in card
    assert "`smoke`: time 2 s, memory 1 GB; `laptop`: 1 min" in card
    assert "{ref}`a <exhibit-a>`, b" in card  # the chapter has no label for b: no link that leads nowhere


def test_a_heading_in_front_of_nothing_is_made_where_the_chapter_has_none():
    notebook = decorate(executed(title="no heading"), slug="one")
    assert notebook.cells[0].source.startswith("# One\n")


@pytest.mark.parametrize(("kind", "words"), [("simulated", "**simulated** scene"), ("real", "**real** data")])
def test_badge_says_what_the_page_was_computed_on(kind: str, words: str):
    source = decorate(executed(run={"kind": kind}), slug="one").cells[0].source
    assert words in source
    assert f"kind-{kind}" in source


def test_no_badge_where_the_kind_is_unknown():
    assert "kind-badge" not in text(decorate(executed(), slug="one"))


def test_table_has_the_value_the_run_used_and_marks_what_was_changed():
    notebook = decorate(executed(), slug="one")
    table = next(cell.source for cell in notebook.cells if "Parameters of this run" in cell.source)
    assert "| `n_tree` | **`7`** | `3` | 1 … 10 | trees |" in table
    assert r"| `mode` | `'z'` | `'z'` | x\|y, z | how |" in table
    assert "| `rate` | `1.5` | `1.5` | 0.5 … | speed |" in table
    assert notebook.cells.index(next(c for c in notebook.cells if c.source == table)) == 3


def test_injected_cell_is_hidden_and_stays_in_the_download():
    cell = decorate(executed(), slug="one").cells[2]
    assert cell.source == "n_tree = 7"
    assert "remove-cell" in cell.metadata["tags"]


def test_front_matter_of_the_source_declares_where_the_notebook_has_only_values(tmp_path: Path):
    source = tmp_path / "01-one.md"
    source.write_text(f"---\n{yaml.safe_dump({'cropnb': CARD})}---\n\n# One\n", encoding="utf-8")
    recorded = executed(card={"slug": "one", "parameters": {"n_tree": 9, "scale": "smoke", "scene": "s"}})
    found = text(decorate(recorded, slug="one", source=source))
    assert "| `n_tree` | **`9`** | `3` | 1 … 10 | trees |" in found
    assert "scale `smoke`, scene `s`" in found
    assert "{download}`one.md <../sources/one.md>`" in found


def test_a_notebook_without_any_metadata_passes_unharmed():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Bare")])
    assert decorate(notebook, slug="bare").cells[0].source == "# Bare"


def test_stage_fills_contents_and_reads_results_beside_the_run(tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir()
    nbformat.write(executed(), run / "notebook.ipynb")
    saved = {"provenance": {"scene": {"name": "county-smoke", "kind": "simulated"}, "seconds": 12.3}}
    (run / "results.json").write_text(json.dumps(saved), encoding="utf-8")
    out = book.stage_site({"one": run / "notebook.ipynb"}, {}, tmp_path / "site")
    contents = yaml.safe_load((out / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    assert "chapters/one" in files
    assert "chapters/first-light" not in files  # was not executed
    staged = text(nbformat.read(out / "chapters" / "one.ipynb", as_version=4))
    assert "scene `county-smoke` (simulated), 12 s" in staged
    for name in (
        "_config.yml",
        "references.bib",
        "intro.md",
        "_assets/custom.css",
        "_assets/mathjax/LICENSE",
    ):
        assert (out / name).is_file(), name


def test_kind_of_a_reference_notebook_is_that_of_its_scene(tmp_path: Path):
    recorded = executed(card={"slug": "one", "parameters": {"scene": "county-smoke", "scale": "smoke"}})
    nbformat.write(recorded, tmp_path / "one.ipynb")
    out = book.stage_site({"one": tmp_path / "one.ipynb"}, {}, tmp_path / "site")
    staged = text(nbformat.read(out / "chapters" / "one.ipynb", as_version=4))
    assert "scene `county-smoke` (simulated)" in staged
    assert "kind-simulated" in staged


def test_executed_page_takes_the_place_of_its_source(tmp_path: Path):
    page = tmp_path / "notebook.ipynb"
    nbformat.write(executed(), page)
    out = book.stage_site({}, {"scenes": page}, tmp_path / "site")
    assert (out / "scenes.ipynb").is_file()
    assert not (out / "scenes.md").exists()


def test_failed_build_keeps_the_old_pages_and_shows_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("old", encoding="utf-8")
    answer = subprocess.CompletedProcess(
        [], returncode=1, stdout="first\n", stderr="\x1b[91mWARNING: undefined label"
    )
    monkeypatch.setattr(book.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(book.BookBuildError, match="WARNING: undefined label"):
        book.build_book({}, tmp_path, pages={})
    assert (tmp_path / "html" / "index.html").read_text(encoding="utf-8") == "old"
    assert "\x1b" not in (tmp_path / "build.log").read_text(encoding="utf-8")


def test_the_build_sees_no_token_and_no_python_path(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setattr(book.subprocess, "run", lambda *_, env, **__: seen.update(env) or done)
    seen: dict[str, str] = {}
    done = subprocess.CompletedProcess([], returncode=1, stdout="", stderr="")
    with pytest.raises(book.BookBuildError):
        book.build_book({}, paths.runs_folder() / "build", pages={})
    assert "PATH" in seen
    assert not {"SOME_TOKEN", "PYTHONPATH"} & set(seen)


def test_each_chapter_stands_once_in_its_own_part_and_new_ones_in_the_first():
    def part(caption, *names):
        return {"caption": caption, "numbered": True, "chapters": [{"file": f"chapters/{n}"} for n in names]}

    contents = {"parts": [part("A", "one", "two"), part("B", "three"), part("C", "four")]}
    filled = book._filled_contents(contents, ["new", "three", "one"])
    shown = {p["caption"]: [entry["file"] for entry in p["chapters"]] for p in filled["parts"]}
    assert shown == {"A": ["chapters/one", "chapters/new"], "B": ["chapters/three"]}


def test_every_contents_entry_has_a_source():
    contents = yaml.safe_load((paths.book_folder() / "_toc.yml").read_text(encoding="utf-8"))
    files = [e["file"] for p in contents["parts"] if not p.get("numbered") for e in p["chapters"]]
    assert [name for name in files if not (paths.book_folder() / f"{name}.md").is_file()] == []


def test_computed_tables_are_boxed_and_lose_their_empty_headers():
    html = "<table><thead><tr><th></th><th>vv</th></tr></thead><tr><th>maize</th><td>1</td></tr></table>"
    tidy = BOOKFIX["tidy_tables"](html)
    assert tidy.startswith('<div class="pst-scrollable-table-container"')
    assert "<th></th>" not in tidy
    assert '<th scope="col">vv</th>' in tidy
    assert '<td class="number">1</td>' in tidy
    assert tidy.count("<table") == tidy.count("</table></div>") == 1


def test_sizes_are_readable():
    assert [cards.readable_size(n) for n in (0, 999, 1000, 2_194_549, 3 * 10**9)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.2 MB",
        "3.0 GB",
    ]


def test_card_escapes_text_and_links_addresses():
    entry = SceneEntry(
        name="a",
        title="<script>",
        kind="real",
        region="x & y",
        season="2020/2021",
        licence="?",
        source="https://a.b",
    )
    shown = cards.scene_cards([entry]).text
    assert "<script>" not in shown
    assert "x &amp; y" in shown
    assert '<a href="https://a.b">' in shown
    assert "kind-real" in shown


def test_real_scenes_come_before_simulated_ones():
    shown = cards.scene_cards(catalogue().values()).text
    assert shown.rindex("kind-real") < shown.index("kind-simulated")


def test_the_recipe_for_an_own_scene_works_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The blocks of Python on the page `run`, executed one after the other on the smallest arrays."""
    page = (paths.book_folder() / "run.md").read_text(encoding="utf-8")
    blocks = [
        textwrap.dedent(block) for block in re.findall(r" {3}```python\n(.*?) {3}```", page, flags=re.DOTALL)
    ]
    assert len(blocks) == 4
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.tif").write_bytes(b"as it came")
    power = np.full((2, 3, 4), 0.05, dtype=np.float32)
    given: dict[str, Any] = {
        "time": np.array(["2024-05-03", "2024-05-15"], dtype="datetime64[ns]"),
        "y": 5_000_000 - 10.0 * np.arange(3),
        "x": 400_000 + 10.0 * np.arange(4),
        "vv": power,
        "vh": power / 4,
        "files": [tmp_path / "raw.tif"],
    }
    given |= {name: np.zeros((3, 4), dtype=np.int32) for name in ("class_id", "parcel_id", "block_id")}
    for block in blocks:
        exec(block, given)
    assert open_scene(tmp_path / "my-county.zarr").attrs["name"] == "my-county"
