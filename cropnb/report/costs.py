"""Costs: what each classifier of the kept runs took, beside its accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cropnb.paths import data_folder
from cropnb.report.evidence import Run
from cropnb.report.results import read_results
from cropnb.report.table import Table
from cropnb.report.tables import format_interval
from cropnb.schema import require

ACCURACY, SECONDS = "thesis-table-3-1", "thesis-fig-s3"
NETWORKS_RECORD = "networks-*.json"  # of the benchmark that counts parameters and operations


def costs(runs: Sequence[Run]) -> pd.DataFrame:
    """Parameters, operations, seconds of a fit and accuracy of each classifier.

    Parameters
    ----------
    runs : sequence of Run
        From `kept_runs`; the newest of the largest scale of the chapter on time series counts.

    Returns
    -------
    DataFrame (classifier and features,)
        `model`, `features`, `n_parameter`, `mflop`, `seconds`, `value`, `low`, `high`; NaN where a number
        does not apply or was not measured; `attrs` name the run and the kind of its scene.

    Raises
    ------
    SchemaError
        If no such run is kept.
    """
    fitting = [run for run in runs if (run.repetitions["exhibit"] == SECONDS).any()]
    require(bool(fitting), "costs: no kept run has seconds of single fits. Keep one (scripts/keep_run.py).")
    run = max(fitting, key=lambda run: (run.scale == "full", str(run.provenance.get("started", ""))))
    rows, _ = read_results(run.path)
    accuracy = rows[(rows["exhibit"] == ACCURACY) & (rows["metric"] == "overall_accuracy")]
    seconds = run.repetitions[run.repetitions["exhibit"] == SECONDS]
    took = seconds.groupby(["model", "features"])["value"].median().rename("seconds").reset_index()
    table = accuracy[["model", "features", "value", "low", "high"]].merge(took, how="left")
    table = table.assign(**{name: table.model.map(known) for name, known in _sizes().items()})
    table.attrs = {"run": str(run), "kind": run.kind}
    return table


def cost_table(table: pd.DataFrame) -> Table:
    """Costs and accuracies for the page.

    Parameters
    ----------
    table : DataFrame
        From `costs`.

    Returns
    -------
    Table
        One row per classifier and features; a dash where a number does not apply or was not measured.
    """
    shown = pd.DataFrame(
        {
            "classifier": table.model,
            "features": table.features,
            "parameters [M]": [format_interval(v / 1e6) for v in table.n_parameter],
            "MFLOP a pixel": [format_interval(v, decimals=0) for v in table.mflop],
            "seconds of a fit": [format_interval(v, decimals=1) for v in table.seconds],
            "overall accuracy": [
                format_interval(*row) for row in table[["value", "low", "high"]].itertuples(index=False)
            ],
        }
    )
    return Table(shown, f"Cost and accuracy of the classifiers. Run: {table.attrs['run']}")


def _sizes() -> dict[str, dict[str, float]]:
    """Parameters and operations of each network, from the newest record of the benchmark."""
    paths = sorted((data_folder() / "results" / "benchmarks").glob(NETWORKS_RECORD))
    if not paths:
        return {"n_parameter": {}, "mflop": {}}
    rows, _ = read_results(paths[-1])
    rows = rows[rows["exhibit"] == "networks-size"]
    wide = rows.pivot_table(index="model", columns="metric", values="value")
    return {"n_parameter": wide["n_parameter"].to_dict(), "mflop": wide["infer_MFLOP_per_sample"].to_dict()}
