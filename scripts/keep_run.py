"""Keep runs with the book: their results go to data/results, and the verdicts on the claims are written anew.

python scripts/keep_run.py RUN_FOLDER ...   # folders of `cropnb run`, with results.json in them
python scripts/keep_run.py                  # verdicts only, after an edit of a claim
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from cropnb.paths import data_folder
from cropnb.report import RESULTS
from cropnb.report.claims import load_claims
from cropnb.report.evidence import judge, kept_runs, verdict_frame
from cropnb.report.results import write_json


def main() -> None:
    """Copy, then judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN_FOLDER")
    for folder in parser.parse_args().runs:
        print(f"kept: {keep(folder)}")
    judged = verdict_frame(judge(load_claims(), kept_runs()))
    judged.to_csv(data_folder() / "claims" / "verdicts.csv", index=False, na_rep="nan", lineterminator="\n")
    print(judged.verdict.value_counts().to_string())


def keep(folder: Path) -> Path:
    """Copy one run's results; a run of the same chapter, scene and scale is replaced."""
    content = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    about = content["provenance"]
    name = f"{about['scene']['name']}-{about['parameters']['scale']}.json"
    path = data_folder() / "results" / about["chapter"] / name
    write_json(path, content)
    return path


if __name__ == "__main__":
    main()
