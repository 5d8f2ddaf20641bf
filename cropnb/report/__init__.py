"""Result rows, provenance, published numbers beside ours, and what a page shows of them."""

from cropnb.report.committed import committed_table
from cropnb.report.comparisons import comparison_table
from cropnb.report.fields import counts_table, seconds_table
from cropnb.report.glue import glue
from cropnb.report.provenance import provenance
from cropnb.report.published import compare, load_published
from cropnb.report.ranges import load_ranges, ranges_table
from cropnb.report.results import (
    RESULTS,
    RUN_FOLDER,
    latest_committed,
    read_repetitions,
    read_results,
    run_folder,
)
from cropnb.report.rows import ROW_FIELDS, row_from_interval
from cropnb.report.run import FinishedRun, RunRecord, start_run
from cropnb.report.scene import scene_table
from cropnb.report.searchable import SearchableTable, load_catalogue, searchable_table
from cropnb.report.source import show_source
from cropnb.report.table import Table
from cropnb.report.tables import format_interval, results_table

__all__ = [
    "RESULTS",
    "ROW_FIELDS",
    "RUN_FOLDER",
    "FinishedRun",
    "RunRecord",
    "SearchableTable",
    "Table",
    "committed_table",
    "compare",
    "comparison_table",
    "counts_table",
    "format_interval",
    "glue",
    "latest_committed",
    "load_catalogue",
    "load_published",
    "load_ranges",
    "provenance",
    "ranges_table",
    "read_repetitions",
    "read_results",
    "results_table",
    "row_from_interval",
    "run_folder",
    "scene_table",
    "searchable_table",
    "seconds_table",
    "show_source",
    "start_run",
]
