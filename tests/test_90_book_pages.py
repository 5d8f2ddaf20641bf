"""The built pages: complete, accessible, narrow enough for a phone, and silent towards other machines."""

from __future__ import annotations

import functools
import http.server
import os
import re
import runpy
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlparse

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from cropnb.chapters.book import build_book

BOOK = Path(__file__).parents[1] / "book"
FIXTURE = Path(__file__).parent / "data" / "page-fixture.md"
SHOTS = runpy.run_path(str(BOOK.parent / "scripts" / "screenshots.py"))
INLINE = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
FETCHING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
WIDTHS = (390, 1280)
PROBE = (FIXTURE.parent / "page-probe.js").read_text(encoding="utf-8")


def executed_fixture(folder: Path) -> Path:
    """A small chapter that holds one of everything, run now."""
    notebook = jupytext.read(FIXTURE)
    quiet = ["--IPKernelApp.log_level=ERROR"]
    NotebookClient(notebook, kernel_name="python3", timeout=120, extra_arguments=quiet).execute(env=INLINE)
    notebook.metadata["cropnb_run"] = {"kind": "simulated", "scene": "a-simulated-scene", "scale": "smoke"}
    nbformat.write(notebook, folder / "page-fixture.ipynb")
    return folder / "page-fixture.ipynb"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HTML of the whole book, from reference notebooks and the fixture chapter; warnings fail it."""
    out = tmp_path_factory.mktemp("book")
    reference = {path.stem: path for path in sorted((BOOK / "reference").glob("*.ipynb"))}
    return build_book({**reference, "page-fixture": executed_fixture(out)}, out / "built")


def pages_of(site: Path) -> list[Path]:
    """Pages that a reader can come to; `index.html` only sends on to the first of them."""
    pages: list[Path] = SHOTS["html_pages"](site)
    return pages


# --- without a browser ---------------------------------------------------------------------------


def is_outside(address: str) -> bool:
    return bool(urlparse(address).netloc) or address.startswith("//")


def outside_resources(html: str) -> list[str]:
    """Addresses on other machines that a browser would fetch by itself on opening the page."""
    soup = BeautifulSoup(html, "html.parser")
    found = [tag.get(key, "") for name, key in FETCHING.items() for tag in soup.find_all(name)]
    found += [part.split()[0] for tag in soup.find_all(srcset=True) for part in tag["srcset"].split(",")]
    fetched_links = {"stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "icon", "manifest"}
    found += [tag.get("href", "") for tag in soup.find_all("link") if fetched_links & set(tag.get("rel", []))]
    return [address for address in found if is_outside(address)]


def picture_faults(html: str) -> list[str]:
    """Pictures in the text without an alternative a person would have written."""
    main = BeautifulSoup(html, "html.parser").find("article") or BeautifulSoup("", "html.parser")
    texts = {str(img.get("src", "")): str(img.get("alt", "")).strip() for img in main.find_all("img")}
    return [src for src, alt in texts.items() if not alt or "/" in alt or alt.endswith((".png", ".svg"))]


def table_faults(html: str) -> list[str]:
    """Header cells of tables that head nothing."""
    soup = BeautifulSoup(html, "html.parser")
    return [str(th) for th in soup.find_all("th") if not th.get_text(strip=True) and not th.find("img")]


def title_faults(html: str) -> list[str]:
    """Titles of a page, unless it is exactly one; the theme keeps a copy for paper, hidden on screens."""
    titles = BeautifulSoup(html, "html.parser").select("h1:not(.onlyprint h1)")
    return [title.get_text(strip=True) for title in titles] if len(titles) != 1 else []


def machine_faults(html: str) -> list[str]:
    """What only the machine that built the page should know: paths of its files, errors of its run."""
    text = BeautifulSoup(html, "html.parser").get_text(" ")
    return [
        word for word in ("site-packages", sys.prefix, str(BOOK.parent), "Traceback (most") if word in text
    ]


def broken_links(page: Path, site: Path) -> list[str]:
    """Links within the book that lead nowhere, anchors included."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    addresses = {tag["href"] for tag in soup.find_all("a", href=True)}
    inside = [a for a in addresses if not is_outside(a) and not a.startswith(("mailto:", "javascript:"))]
    return [a for a in inside if not _resolves(a, page, site)]


def _resolves(address: str, page: Path, site: Path) -> bool:
    path, anchor = urldefrag(address)
    target = (page.parent / unquote(path)).resolve() if path else page
    if not target.is_file() or not target.is_relative_to(site.resolve()):
        return False
    return not anchor or target.suffix != ".html" or unquote(anchor) in _anchors(target) | {"top"}


@functools.cache
def _anchors(page: Path) -> set[str]:
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    return {tag["id"] for tag in soup.find_all(id=True)} | {"", "search"}


def all_faults(site: Path, check: Any) -> dict[str, list[str]]:
    """Name of each page that `check` finds fault with, and the faults."""
    found = {page.name: check(page.read_text(encoding="utf-8")) for page in pages_of(site)}
    return {name: faults for name, faults in found.items() if faults}


@pytest.mark.slow
def test_no_page_names_a_resource_on_another_machine(site: Path):
    assert all_faults(site, outside_resources) == {}


@pytest.mark.parametrize(
    "planted",
    [
        '<img alt="x" src="https://example.org/x.png">',
        '<script src="//cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="http://example.org/x.css">',
        '<img alt="x" src="a.png" srcset="https://example.org/x.png 2x">',
    ],
)
def test_a_planted_outside_resource_is_found(planted: str):
    assert outside_resources(f"<article>{planted}</article>")


def test_links_to_other_sites_are_no_resources():
    assert outside_resources('<a href="https://doi.org/10.3390/rs11050523">paper</a><img src="a.png">') == []


@pytest.mark.slow
def test_every_picture_has_an_alternative_text(site: Path):
    assert all_faults(site, picture_faults) == {}


@pytest.mark.parametrize("alt", ["", 'alt=""', 'alt="../_images/3f2a.png"'])
def test_a_picture_without_alternative_text_is_found(alt: str):
    assert picture_faults(f'<article><img src="a.png" {alt}></article>') == ["a.png"]


@pytest.mark.slow
def test_no_table_header_is_empty(site: Path):
    assert all_faults(site, table_faults) == {}


def test_an_empty_table_header_is_found():
    assert table_faults("<table><tr><th> </th><th>vv</th></tr></table>") == ["<th> </th>"]


@pytest.mark.slow
def test_every_page_has_one_title(site: Path):
    assert all_faults(site, title_faults) == {}


def test_a_second_title_is_found():
    assert title_faults("<h1>one</h1><h1>two</h1>") == ["one", "two"]


@pytest.mark.slow
def test_pages_show_no_trace_of_the_machine_that_built_them(site: Path):
    assert all_faults(site, machine_faults) == {}


def test_a_warning_with_a_path_is_found():
    assert machine_faults("<pre>/x/lib/site-packages/tqdm/auto.py:21: TqdmWarning</pre>") == ["site-packages"]


@pytest.mark.slow
def test_links_within_the_book_lead_somewhere(site: Path):
    faults = {page.name: broken_links(page, site) for page in pages_of(site)}
    assert {name: links for name, links in faults.items() if links} == {}


def test_a_broken_link_is_found(tmp_path: Path):
    (tmp_path / "b.html").write_text('<p id="here"></p>', encoding="utf-8")
    page = tmp_path / "a.html"
    page.write_text(
        '<a href="b.html#here"></a><a href="b.html#gone"></a><a href="c.html"></a>', encoding="utf-8"
    )
    assert sorted(broken_links(page, tmp_path)) == ["b.html#gone", "c.html"]


@pytest.mark.slow
def test_a_chapter_has_card_badge_parameters_and_downloads(site: Path):
    soup = BeautifulSoup((site / "chapters" / "page-fixture.html").read_text("utf-8"), "html.parser")
    text = soup.find("article").get_text(" ", strip=True)
    for expected in ("At a glance", "Parameters of this run", "computed on a simulated scene"):
        assert expected in text
    assert re.search(r"Eq\. \d", text), "a reference to an equation shows its number"
    assert soup.find("a", href=lambda h: bool(h) and h.endswith("page-fixture.ipynb"))
    assert (site / "_sources" / "chapters" / "page-fixture.ipynb").is_file()


def test_no_single_file_of_the_book_is_large():
    sizes = {p: p.stat().st_size for p in BOOK.rglob("*") if p.is_file() and "_build" not in p.parts}
    assert [path.name for path, size in sizes.items() if size > 1.2e6] == []


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The built book on a server of this machine."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    chromium = SHOTS["find_chromium"]()
    if chromium is None:
        pytest.skip("no Chromium on the path")
    with SHOTS["sync_playwright"]() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(SHOTS["FLAGS"]))
        yield running
        running.close()


def visit(browser: Any, url: str, *, allowed: str, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """Open a page and list what is wrong with it."""
    page = browser.new_page(viewport={"width": widths[0], "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    state = page.evaluate(PROBE)
    faults = [f"{state[key]} formulas {key}" for key in ("unset", "raw") if state[key]]
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [f"{wide} pixels wide at {width}"] if wide > width else []
    page.close()
    faults += [f"console: {text}" for text in said]
    return faults + [f"request: {a}" for a in asked if not a.startswith((allowed, "data:", "blob:"))]


def visit_all(browser: Any, site: Path, *, allowed: str) -> dict[str, list[str]]:
    names = [page.relative_to(site).as_posix() for page in pages_of(site)]
    found = {name: visit(browser, allowed + name, allowed=allowed) for name in names}
    return {name: faults for name, faults in found.items() if faults}


@pytest.mark.browser
@pytest.mark.slow
def test_served_pages_are_quiet_set_and_narrow(browser: Any, site: Path, address: str):
    assert visit_all(browser, site, allowed=address) == {}


@pytest.mark.browser
@pytest.mark.slow
def test_pages_opened_from_a_folder_are_quiet_and_set(browser: Any, site: Path):
    assert visit_all(browser, site, allowed=site.resolve().as_uri() + "/") == {}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ('<img alt="x" src="https://example.invalid/x.png">', "request: https://example.invalid/x.png"),
        ('<script src="https://example.invalid/x.js"></script>', "request: https://example.invalid/x.js"),
        ("<script>fetch('https://example.invalid/api')</script>", "request: https://example.invalid/api"),
        ("<script>console.error('broken')</script>", "console: broken"),
        (r"<p>raw \(x^2\)</p>", "1 formulas raw"),
        ('<span class="math">x</span>', "1 formulas unset"),
        ('<div style="width: 2000px">wide</div>', "2000 pixels wide at 390"),
    ],
)
def test_planted_faults_are_found_in_the_browser(browser: Any, tmp_path: Path, planted: str, fault: str):
    html = f"<html><body style='margin:0'><article>{planted}</article></body></html>"
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    folder = tmp_path.as_uri() + "/"
    assert fault in visit(browser, folder + "page.html", allowed=folder)
