"""Take a picture of every page of a built book, as a desktop and as a phone shows it, light and dark.

    python scripts/screenshots.py HTML_FOLDER PICTURE_FOLDER [--dark] [--only NAME]

Needs Chromium (Debian: `apt-get install chromium`) and the `dev` extra, which brings playwright.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


SETTLED = """async () => {
  await document.fonts.ready;
  if (window.MathJax?.startup) await MathJax.startup.promise;
}"""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("html", type=Path, help="folder of the built book")
    parser.add_argument("pictures", type=Path, help="folder for the PNG files")
    parser.add_argument("--dark", action="store_true", help="dark mode too")
    parser.add_argument("--only", default="", help="only pages whose path has this in it")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print("no Chromium on the path; install it (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    pages = html_pages(options.html, containing=options.only)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for mode in ("light", "dark") if options.dark else ("light",):
            for name, size in WIDTHS.items():
                context = browser.new_context(viewport={"width": size[0], "height": size[1]})
                context.add_init_script(f"localStorage.setItem('mode', '{mode}')")
                take(context.new_page(), pages, html=options.html, to=options.pictures / f"{name}-{mode}")
                context.close()
        browser.close()
    return 0


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def html_pages(folder: Path, *, containing: str = "") -> list[Path]:
    """Pages below `folder`, less the theme's templates and those that only send the reader on."""
    found = {p: p.relative_to(folder) for p in sorted(folder.rglob("*.html"))}
    pages = [p for p, name in found.items() if name.parts[0] != "_static" and containing in name.as_posix()]
    return [p for p in pages if 'http-equiv="Refresh"' not in p.read_text(encoding="utf-8")]


def take(page: Page, paths: list[Path], *, html: Path, to: Path) -> None:
    """Save one full-page picture for each path."""
    to.mkdir(parents=True, exist_ok=True)
    for path in paths:
        page.goto(path.resolve().as_uri())
        settle(page)
        target = to / (str(path.relative_to(html).with_suffix("")).replace("/", "-") + ".png")
        page.screenshot(path=target, full_page=True)
        print(target)


def settle(page: Page) -> Any:
    """Wait until the mathematics is set and the fonts have come."""
    return page.evaluate(SETTLED)


if __name__ == "__main__":
    raise SystemExit(main())
