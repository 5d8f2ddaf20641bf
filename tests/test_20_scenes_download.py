"""Downloads from a server on this machine: whole, continued, tampered with, cut off."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from cropnb.scenes import DownloadError, SceneFile
from cropnb.scenes.download import fetch_file
from cropnb.schema import SchemaError

CONTENT = np.random.default_rng(0).bytes(300_000)


@dataclass
class Site:
    """What the server has, how it behaves, and which ranges it was asked for."""

    url: str = ""
    content: bytes = CONTENT
    ranges_allowed: bool = True
    cut_after: int | None = None
    asked: list[str] = field(default_factory=list)

    def file(self, **changes: object) -> SceneFile:
        known = {
            "path": "place/data.bin",
            "url": self.url,
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "size": len(CONTENT),
        }
        return SceneFile(**(known | changes))  # type: ignore[arg-type]


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            state.asked.append(asked)
            if self.path != "/data.bin":
                self.send_error(404)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and state.ranges_allowed else 0
            body = state.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if state.cut_after is None else body[: state.cut_after])

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/data.bin"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def files(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def test_whole_file_arrives(site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = fetch_file(site.file(), tmp_path)
    assert path == tmp_path / "place" / "data.bin"
    assert path.read_bytes() == CONTENT
    assert files(tmp_path) == {"data.bin": len(CONTENT)}
    assert "data.bin: 100%" in capfd.readouterr().err


def test_no_progress_bar_where_not_wanted(
    site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fetch_file(site.file(), tmp_path, progress=False)
    assert capfd.readouterr() == ("", "")


def test_file_at_hand_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    for _ in range(2):
        fetch_file(site.file(), tmp_path, progress=False)
    assert len(site.asked) == 1


def test_cut_connection_leaves_no_file_and_is_continued(site: Site, tmp_path: Path) -> None:
    site.cut_after = 100_000
    with pytest.raises(DownloadError, match=r"data\.bin: download from .* failed .*300000 bytes.*continues"):
        fetch_file(site.file(), tmp_path, progress=False)
    assert files(tmp_path) == {"data.bin.part": 100_000}
    site.cut_after = None
    assert fetch_file(site.file(), tmp_path, progress=False).read_bytes() == CONTENT
    assert site.asked == ["", "bytes=100000-"]
    assert files(tmp_path) == {"data.bin": len(CONTENT)}


def test_server_without_ranges_sends_it_all_again(site: Site, tmp_path: Path) -> None:
    site.cut_after, site.ranges_allowed = 100_000, False
    with pytest.raises(DownloadError):
        fetch_file(site.file(), tmp_path, progress=False)
    site.cut_after = None
    assert fetch_file(site.file(), tmp_path, progress=False).read_bytes() == CONTENT


def test_tampered_file_leaves_nothing(site: Site, tmp_path: Path) -> None:
    site.content = b"x" + CONTENT[1:]
    found = hashlib.sha256(site.content).hexdigest()
    with pytest.raises(SchemaError, match=f"data.bin from .*{found}, 300000 bytes; expected") as caught:
        fetch_file(site.file(), tmp_path, progress=False)
    assert hashlib.sha256(CONTENT).hexdigest() in str(caught.value)
    assert "fetch it again" in str(caught.value)
    assert files(tmp_path) == {}


def test_stale_beginning_is_thrown_away(site: Site, tmp_path: Path) -> None:
    """The beginning is of another version: continued, the checksum is wrong; fetched afresh, it is right."""
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "data.bin.part").write_bytes(b"old version")
    assert fetch_file(site.file(), tmp_path, progress=False).read_bytes() == CONTENT
    assert site.asked == ["bytes=11-", ""]


def test_overlong_beginning_is_thrown_away(site: Site, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "data.bin.part").write_bytes(CONTENT + b"more")
    assert fetch_file(site.file(), tmp_path, progress=False).read_bytes() == CONTENT


def test_absent_address(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"404.*CROPNB_DATA"):
        fetch_file(site.file(url=site.url.replace("data", "other")), tmp_path, progress=False)
    assert files(tmp_path) == {}


def test_damaged_file_at_hand_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "data.bin").write_bytes(CONTENT[:1000])
    with pytest.raises(SchemaError, match=r"data\.bin: SHA-256 .*1000 bytes.*300000 bytes.*remove it"):
        fetch_file(site.file(), tmp_path, progress=False)
    assert site.asked == []
