"""Write data/tables/real_statistics.csv: statistics of the real scenes, for pages that are read without them.

    CROPNB_DATA=path/to/data python scripts/make_real_statistics.py

Only means, spreads and counts are written, no measurement.
"""

from __future__ import annotations

from cropnb.paths import data_folder
from cropnb.scenes.real_statistics import FILE, make_real_statistics

DECIMALS = 4


def main() -> None:
    """Compute and write the table."""
    table = make_real_statistics()
    path = data_folder() / FILE
    table.round(DECIMALS).to_csv(path, index=False)
    print(f"written: {path}, {len(table)} rows")


if __name__ == "__main__":
    main()
