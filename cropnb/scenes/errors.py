"""How an error of this package reads: where, what came, what was expected, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from cropnb.schema import SchemaError


def problem(where: str, what: str, *, expected: str, remedy: str) -> str:
    """Text of an error.

    Parameters
    ----------
    where : str
        Group, variable or file.
    what : str
        What is wrong, with the value.
    expected : str
        The rule.
    remedy : str
        What to do, a sentence with its full stop.

    Returns
    -------
    str
        One line.
    """
    return f"{where}: {what}; expected {expected}. {remedy}"


def nearest(word: str, words: Iterable[str], *, n: int = 1) -> list[str]:
    """Entries of `words` most like `word`, best first; at least one where there is any.

    Parameters
    ----------
    word : str
        What was written.
    words : iterable of str
        What could have been meant.
    n : int () [count]
        Most entries to give.

    Returns
    -------
    list of str
        Names.
    """
    return difflib.get_close_matches(word, list(words), n=n, cutoff=0.0)


def unreadable(path: Path, reason: object) -> SchemaError:
    """Error for a file that cannot be read, most often one that was cut off.

    Parameters
    ----------
    path : Path
        The file.
    reason : object
        The exception of the library that tried, or a sentence.

    Returns
    -------
    SchemaError
        To be raised by the caller.
    """
    size = path.stat().st_size if path.is_file() else 0
    return SchemaError(
        problem(
            str(path),
            f"cannot be read, {size} bytes ({str(reason).strip()[:200]})",
            expected="a complete file",
            remedy="It may have been cut off: remove it and fetch it again, or compare its checksum.",
        )
    )
