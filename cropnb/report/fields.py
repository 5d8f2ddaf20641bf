"""What a chapter learns from: fields by class and spatial group, and what was left out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cropnb.report.table import Table
from cropnb.sampling import Samples
from cropnb.schema import Kind


def counts_table(samples: Samples, *, kind: Kind) -> Table:
    """Samples of each class and the groups they lie in, followed by what was left out and why.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
        What the chapter works with.
    kind : str
        `simulated` or `real`, said in the caption.

    Returns
    -------
    Table
        Columns class, samples, groups, share of samples.
    """
    counts = samples.class_counts
    rows = [
        {
            "class": name,
            "samples": str(counts[number]),
            "groups": str(np.unique(samples.group[samples.class_id == number]).size),
            "share": f"{counts[number] / counts.sum():.3f}",
        }
        for number, name in enumerate(samples.legend.names)
    ]
    rows.append(_total(samples))
    rows += [
        {"class": f"left out: {reason}", "samples": str(count), "groups": "", "share": ""}
        for reason, count in samples.dropped.items()
    ]
    return Table(pd.DataFrame(rows), f"Samples by class ({kind} scene)")


def _total(samples: Samples) -> dict[str, str]:
    groups = np.unique(samples.group).size
    return {"class": "all", "samples": str(samples.n_sample), "groups": str(groups), "share": "1.000"}


def seconds_table(fits: pd.DataFrame, *, kind: Kind) -> Table:
    """How long one fit and the prediction of its test samples took, by features and model.

    Parameters
    ----------
    fits : DataFrame (fit,) [second]
        Columns `features`, `model`, `fit_seconds`, `predict_seconds`, `device`, one row per fit.
    kind : str
        `simulated` or `real`, said in the caption.

    Returns
    -------
    Table
        Medians over the fits.
    """
    groups = fits.groupby(["features", "model"], sort=False)
    rows = [
        {
            "features": features,
            "model": model,
            "fits": str(len(part)),
            "seconds per fit": f"{part['fit_seconds'].median():.2f}",
            "seconds to predict": f"{part['predict_seconds'].median():.2f}",
            "device": ", ".join(sorted(set(part["device"]))),
        }
        for (features, model), part in groups
    ]
    return Table(pd.DataFrame(rows), f"Time of one fit, median ({kind} scene)")
