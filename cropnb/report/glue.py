"""Values for the prose: `{glue:text}` in a chapter prints what a cell computed.

Writes the display message that MyST-NB reads, so that a chapter does not import the tool that renders it.
"""

from __future__ import annotations

from typing import Any

from cropnb.report.plain import plain_scalar
from cropnb.schema import require

_PREFIX = "application/papermill.record/"  # hides the output; MyST-NB finds it by the metadata


def glue(name: str, value: Any, display: bool = False) -> None:
    """Make a value known to the chapter's prose under a name; outside a notebook nothing happens.

    A number can be formatted where it is used, as in ``{glue:text}`accuracy:.2f` ``.

    Parameters
    ----------
    name : str
        Name in the prose, without a colon.
    value : object
        Number, text or anything a notebook can display; array scalars become plain numbers.
    display : bool
        Also show the value as output of the cell.

    Raises
    ------
    SchemaError
        If the name has a colon, which parts name and format in the prose, or the value is None.
    """
    require(
        bool(name) and ":" not in name,
        f"glue: name {name!r}; expected text without a colon (it begins the format). Rename it.",
    )
    require(
        value is not None, f"glue: {name!r} is None; the prose needs a value. Compute it before this cell."
    )
    from IPython import get_ipython  # noqa: PLC0415 - present only where notebooks run

    shell = get_ipython()
    if shell is not None:
        _publish(shell, name, plain_scalar(value), prefix="" if display else _PREFIX)


def _publish(shell: Any, name: str, value: Any, *, prefix: str) -> None:
    bundle, metadata = shell.display_formatter.format(value)
    shell.display_pub.publish(
        data={prefix + mime: content for mime, content in bundle.items()},
        metadata={**metadata, "scrapbook": {"name": name, "mime_prefix": prefix}},
    )
