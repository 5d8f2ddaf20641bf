"""Downloads that go on where they stopped, and never put a half or a wrong file under its name.

pooch checks the checksum and moves the finished file to its place. It starts from nothing each time; the
downloader here keeps what has arrived in a file of its own and asks the server for the rest.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from cropnb.scenes.build import sha256_of_file
from cropnb.scenes.entries import SceneFile
from cropnb.scenes.errors import problem
from cropnb.schema import SchemaError, require

_PIECE = 1 << 16  # bytes read at a time
_TIMEOUT_S = 60.0
_PARTIAL = 206  # HTTP status: the rest of the file, as asked for


class DownloadError(OSError):
    """A file that could not be fetched; the message says which, from where, why and what to do."""


def fetch_file(file: SceneFile, folder: Path, *, progress: bool = True) -> Path:
    """Download a file into a folder, unless it is there.

    Parameters
    ----------
    file : SceneFile
        Address, checksum, and path below `folder`.
    folder : Path
        Where downloads go.
    progress : bool () [1]
        Whether to show a progress bar.

    Returns
    -------
    Path
        The file, with the right checksum.

    Raises
    ------
    DownloadError
        If it cannot be fetched. What has arrived stays beside it as `*.part` and is continued next time.
    SchemaError
        If what arrived has another checksum; nothing is left of it.
    """
    target = folder / file.path
    if target.is_file():
        check_file(target, file)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    downloader = ResumingDownloader(partial, file, progress=progress)
    import pooch  # noqa: PLC0415 - it takes its progress bar along, which complains on every page of a book

    # pooch logs each download; the progress bar says it already.
    pooch.get_logger().setLevel("WARNING")
    pooch.retrieve(
        file.url,
        known_hash=f"sha256:{file.sha256}",
        fname=target.name,
        path=target.parent,
        downloader=downloader,
    )
    return target


def check_file(path: Path, file: SceneFile) -> None:
    """Compare a file with its checksum.

    Parameters
    ----------
    path : Path
        The file on disk.
    file : SceneFile
        What it should be.

    Raises
    ------
    SchemaError
        If it differs.
    """
    found = sha256_of_file(path)
    require(found == file.sha256, _mismatch(str(path), path.stat().st_size, found, file))


def _mismatch(where: str, size: int, found: str, file: SceneFile) -> str:
    return problem(
        where,
        f"SHA-256 {found}, {size} bytes",
        expected=f"{file.sha256}, {file.size} bytes",
        remedy="The file was cut off or changed: remove it and fetch it again; if that gives the same, "
        f"the source has changed ({file.url}).",
    )


@dataclass
class ResumingDownloader:
    """A downloader for pooch that continues an earlier attempt where the server allows it."""

    partial: Path
    file: SceneFile
    progress: bool = True

    def __call__(self, url: str, output_file: str, pooch: object) -> None:  # noqa: ARG002  (pooch's signature)
        """Bring `url` to `output_file`, by way of the partial file."""
        resumed = self._complete(url)
        found = sha256_of_file(self.partial)
        if found != self.file.sha256 and resumed:
            # The rest may belong to another version than the beginning: once more, from nothing.
            self.partial.unlink()
            self._complete(url)
            found = sha256_of_file(self.partial)
        if found != self.file.sha256:
            size = self.partial.stat().st_size
            self.partial.unlink()
            raise SchemaError(_mismatch(f"{self.file.name} from {url}", size, found, self.file))
        self.partial.replace(output_file)

    def _complete(self, url: str) -> bool:
        """Fetch what is missing of the partial file; whether there was a beginning."""
        have = self.partial.stat().st_size if self.partial.is_file() else 0
        if have >= self.file.size:
            return True
        try:
            return self._fetch_rest(url, have)
        except (urllib.error.URLError, HTTPException, OSError) as error:
            raise DownloadError(
                problem(
                    self.file.name,
                    f"download from {url} failed ({error})",
                    expected=f"{self.file.size} bytes",
                    remedy="Try again, it continues where it stopped; or put the file at "
                    f"{self.file.path} in the folder named by CROPNB_DATA.",
                )
            ) from error

    def _fetch_rest(self, url: str, have: int) -> bool:
        headers = {"Range": f"bytes={have}-"} if have else {}
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            goes_on: bool = response.status == _PARTIAL
            with self.partial.open("ab" if goes_on else "wb") as stream:
                self._copy(response, stream, start=have if goes_on else 0)
        size = self.partial.stat().st_size
        if size < self.file.size:
            raise HTTPException(f"the connection closed after {size} bytes")
        return goes_on

    def _copy(self, response: IO[bytes], stream: IO[bytes], *, start: int) -> None:
        bar: Any = tqdm(
            total=self.file.size,
            initial=start,
            unit="B",
            unit_scale=True,
            desc=self.file.name,
            disable=not self.progress,
        )
        with bar:
            while piece := response.read(_PIECE):
                stream.write(piece)
                bar.update(len(piece))
