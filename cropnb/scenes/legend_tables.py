"""Legend tables: which crop code of a register is which class of the book."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.legends import CropClass, Legend
from cropnb.paths import data_folder
from cropnb.scenes.errors import problem
from cropnb.schema import require

_COLUMNS = ["crop_code", "class_name", "cropland"]


@dataclass(frozen=True)
class Encoded:
    """Labels as class numbers."""

    class_id: NDArray[np.int32]  # -1 where the code has no class
    legend: Legend
    n_missing: int  # labels without a class


def load_legend_table(name: str, *, folder: Path | None = None) -> dict[str, CropClass]:
    """Classes by crop code.

    Parameters
    ----------
    name : str
        File in `data/scenes/legends`, without `.csv`.
    folder : Path, optional
        Another folder to look in.

    Returns
    -------
    dict of str to CropClass
        In the order of the table; `class_id` is the row.

    Raises
    ------
    SchemaError
        If there is no such table, its columns are others, or a name or code occurs twice.
    """
    path = (folder or data_folder() / "scenes" / "legends") / f"{name}.csv"
    require(
        path.is_file(),
        problem(str(path), "no such legend", expected="a CSV table", remedy="Check `legend` of the entry."),
    )
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(line for line in stream if not line.startswith("#"))
        rows = list(reader)
    require(
        reader.fieldnames == _COLUMNS,
        problem(str(path), f"columns {reader.fieldnames}", expected=str(_COLUMNS), remedy="Rename them."),
    )
    classes = [
        CropClass(number, row["class_name"], row["crop_code"], row["cropland"] == "yes")
        for number, row in enumerate(rows)
    ]
    Legend(tuple(classes))  # refuses a name that occurs twice
    table = {entry.crop_code: entry for entry in classes}
    require(
        len(table) == len(classes),
        problem(str(path), "a crop_code twice", expected="each once", remedy="Drop one of the rows."),
    )
    return table


def encode(codes: ArrayLike, table: Mapping[str, CropClass]) -> Encoded:
    """Class numbers of crop codes, counting only the classes that occur.

    Parameters
    ----------
    codes : array (...) [1]
        Crop codes, numbers or text.
    table : mapping of str to CropClass
        From `load_legend_table`.

    Returns
    -------
    Encoded (...) [1]
        Numbered from 0 in the order of the table; a code that the table does not have is -1.
    """
    text = np.asarray(codes).astype(str)
    present = set(np.unique(text).tolist())
    chosen = [entry for code, entry in table.items() if code in present]
    legend = Legend(tuple(replace(entry, class_id=number) for number, entry in enumerate(chosen)))
    number_of = {entry.crop_code: entry.class_id for entry in legend.classes}
    values, where = np.unique(text, return_inverse=True)
    lookup = np.array([number_of.get(str(value), -1) for value in values], np.int32)
    class_id = lookup[where].reshape(text.shape)
    return Encoded(class_id, legend, int((class_id < 0).sum()))
