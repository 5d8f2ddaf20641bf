"""Classes: what a number in a label raster means, and the one colour each crop has in all figures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from cropnb.schema import SchemaError, require


@dataclass(frozen=True)
class CropClass:
    """One entry of a legend."""

    class_id: int
    class_name: str
    crop_code: str = ""
    cropland: bool = True

    @property
    def colour(self) -> str:
        """Colour of this class in every figure of the book, as `#rrggbb`."""
        return class_colour(self.class_name)


@dataclass(frozen=True)
class Legend:
    """The classes of a scene, `class_id` running from 0 without a gap."""

    classes: tuple[CropClass, ...]

    def __post_init__(self) -> None:
        ids = [c.class_id for c in self.classes]
        require(
            ids == list(range(len(ids))),
            f"legend: class_id {ids}; expected 0, 1, 2 ... in order. Renumber the classes.",
        )
        names = [c.class_name for c in self.classes]
        twice = sorted({n for n in names if names.count(n) > 1})
        require(not twice, f"legend: class_name {twice} more than once. Give each class its own name.")

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in the order of `class_id`."""
        return tuple(c.class_name for c in self.classes)

    @property
    def n_class(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def class_id(self, class_name: str) -> int:
        """Number of a class.

        Raises
        ------
        SchemaError
            If the legend has no such class.
        """
        require(
            class_name in self.names,
            f"legend: no class {class_name!r}; it has {', '.join(self.names)}. Use one of these.",
        )
        return self.names.index(class_name)

    def to_json(self) -> str:
        """Text for the `legend` attribute of a group."""
        rows = [[c.class_id, c.class_name, c.crop_code, c.cropland] for c in self.classes]
        return json.dumps(rows, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Legend:
        """Inverse of `to_json`.

        Raises
        ------
        SchemaError
            If `text` is not what `to_json` writes.
        """
        try:
            return cls(tuple(CropClass(int(i), str(n), str(c), bool(k)) for i, n, c, k in json.loads(text)))
        except (json.JSONDecodeError, TypeError, ValueError) as error:
            if isinstance(error, SchemaError):
                raise
            raise SchemaError(
                f"legend: cannot read {text[:80]!r}; expected the JSON that Legend.to_json writes. "
                "Write the attribute with Legend.to_json."
            ) from error

    @classmethod
    def from_names(cls, names: Iterable[str]) -> Legend:
        """Legend of `names`, numbered in order."""
        return cls(tuple(CropClass(i, name) for i, name in enumerate(names)))


# One colour per crop in all chapters: Okabe-Ito and Tol hues, told apart under the common colour-vision
# deficiencies for the classes that appear together.
CLASS_COLOURS: dict[str, str] = {
    "maize": "#E69F00",
    "soybean": "#009E73",
    "wheat": "#D55E00",
    "spring wheat": "#D55E00",
    "winter wheat": "#882255",
    "spring barley": "#CC79A7",
    "winter barley": "#AA4499",
    "barley": "#CC79A7",
    "potato": "#56B4E9",
    "sugar beet": "#44AA99",
    "rice": "#332288",
    "bean": "#88CCEE",
    "grass": "#999933",
    "perennial legumes": "#0072B2",
    "rapeseed": "#F0E442",
    "forest": "#117733",
    "water": "#0072B2",
    "residential": "#666666",
    "other": "#BBBBBB",
    "meadow": "#999933",
    "sunflower": "#B8860B",
    "grapevine": "#5E3C99",
    "triticale": "#CC6677",
    "winter durum wheat": "#7F3B08",
    "fruits vegetables flowers": "#F4A582",
    "leguminous fodder": "#0072B2",
    "orchard": "#1B7837",
    "mixed cereal": "#DDCC77",
    "sorghum": "#332288",
    "alfalfa": "#762A83",
    "oat": "#A6761D",
    "cotton": "#CC6677",
    "fallow": "#DDCC77",
    "tomato": "#B2182B",
}
_FALLBACK = (
    "#332288",
    "#88CCEE",
    "#44AA99",
    "#117733",
    "#999933",
    "#DDCC77",
    "#CC6677",
    "#882255",
    "#AA4499",
)


def class_colour(class_name: str) -> str:
    """Colour of a class, the same in every figure.

    Parameters
    ----------
    class_name : str
        English name of the class.

    Returns
    -------
    str
        `#rrggbb`; a fixed choice by the name where the table has none.
    """
    if class_name in CLASS_COLOURS:
        return CLASS_COLOURS[class_name]
    return _FALLBACK[sum(class_name.encode()) % len(_FALLBACK)]
