import numpy as np
import pandas as pd
import pytest

from cropnb.legends import Legend
from cropnb.report.fields import counts_table, seconds_table
from cropnb.sampling import Samples


@pytest.fixture
def samples() -> Samples:
    class_id = np.array([0, 0, 0, 1], dtype=np.int64)
    unit = np.array([7, 7, 8, 8], dtype=np.int64)
    x = np.zeros((4, 2, 1), dtype=np.float32)
    return Samples(
        x=x,
        observed=np.ones(x.shape, dtype=bool),
        day=np.array([0, 30]),
        channel=("vv_db",),
        class_id=class_id,
        group=unit,
        block=unit,
        parcel=np.arange(4),
        legend=Legend.from_names(["maize", "soybean"]),
        dropped={"rare class": 5},
    )


def test_counts_groups_and_what_was_left_out(samples: Samples) -> None:
    table = counts_table(samples, kind="simulated")
    assert "simulated" in table.caption
    rows = table.frame.set_index("class")
    assert rows.loc["maize", ["samples", "groups", "share"]].tolist() == ["3", "2", "0.750"]
    assert rows.loc["soybean", "groups"] == "1"
    assert rows.loc["all", ["samples", "groups"]].tolist() == ["4", "2"]
    assert rows.loc["left out: rare class", "samples"] == "5"


def test_seconds_are_medians_over_the_fits() -> None:
    fits = pd.DataFrame(
        {
            "features": ["S1"] * 3,
            "model": ["forest"] * 3,
            "fit_seconds": [1.0, 2.0, 9.0],
            "predict_seconds": [0.1, 0.1, 0.4],
            "device": ["cpu"] * 3,
        }
    )
    row = seconds_table(fits, kind="real").frame.iloc[0]
    assert row[["fits", "seconds per fit", "seconds to predict"]].tolist() == ["3", "2.00", "0.10"]
