"""Results kept with the project, shown beside a run and never mixed with it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cropnb.report.results import latest_committed
from cropnb.report.table import Table
from cropnb.report.tables import results_table


def committed_table(
    chapter: str,
    *,
    scene: str,
    scale: str,
    exhibit: str,
    by: Sequence[str] = ("features", "model", "split"),
    metrics: Sequence[str] = (),
    decimals: int = 2,
) -> Table:
    """Rows of one exhibit from the latest run that the project keeps.

    Parameters
    ----------
    chapter, scene, scale, exhibit : str
        Whose rows.
    by : sequence of str
        Fields that name the rows of the table.
    metrics : sequence of str
        Only these; all of them where none is named.
    decimals : int () [1]
        Of the numbers shown.

    Returns
    -------
    Table
        Its caption says when, at which commit and on what machine the run was made; where the project keeps
        no such run, one row says so.
    """
    found = latest_committed(chapter, scene=scene, scale=scale)
    if found is None:
        what = {"result": "not run", "scene": scene, "scale": scale}
        return Table(pd.DataFrame([what]), f"No stored run of {chapter} on {scene} at {scale} scale")
    rows, record = found
    rows = rows[(rows["exhibit"] == exhibit) & ~rows["metric"].str.endswith("_over_seeds")]
    commit = str(record.get("git_commit") or record.get("commit") or "not known")[:10]
    rows = rows[rows["metric"].isin(metrics)] if metrics else rows
    where = f"stored run of {scene}, {scale} scale, {record.get('started', '')}, commit {commit}"
    return results_table(rows, caption=f"Not this run: {where}.", by=by, decimals=decimals)
