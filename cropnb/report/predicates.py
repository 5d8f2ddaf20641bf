"""Predicates of claims: which rows are compared, in which direction, and what would decide."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from cropnb.schema import require, require_known

Selector: TypeAlias = Mapping[str, str]

KINDS_OF_PREDICATE = ("greater", "similar", "increasing", "at_least", "at_most")
QUANTIFIERS = ("all", "any", "mean")
SELECTOR_FIELDS = ("model", "features", "split", "class_name", "metric")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two selections of rows, or one and a threshold; `right` is None where there is a threshold."""

    left: Selector
    right: Selector | None

    def __str__(self) -> str:
        if self.right is None:
            return _words(self.left)
        shared = {name: word for name, word in self.left.items() if self.right.get(name) == word}
        sides = [
            _words({k: v for k, v in side.items() if k not in shared}) for side in (self.left, self.right)
        ]
        return f"{sides[0]} against {sides[1]} ({_words(shared)})"


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """What rows have to show for a claim to hold.

    Attributes
    ----------
    kind : str () [1]
        One of `KINDS_OF_PREDICATE`.
    metric : str () [1]
        Metric of the rows, unless a selector names another.
    left, right : mapping and sequence of mappings of str to str () [1]
        Fields of the rows on each side; every member of `right` is compared.
    over : mapping of str to sequence of str () [1]
        One comparison for each combination, the same on both sides.
    along : mapping of str to sequence of str () [1]
        One field, in the order in which values should rise; each step is a comparison.
    rows : mapping of str to str () [1]
        Fields that all rows share.
    margin : float () [unit of the metric]
        What a difference has to exceed, or to stay within.
    threshold : float () [unit of the metric]
        What a value is compared with.
    quantifier : str () [1]
        Whether all comparisons have to hold, any, or their mean.
    """

    kind: str
    metric: str
    left: Selector = field(default_factory=dict)
    right: Sequence[Selector] = ()
    over: Mapping[str, Sequence[str]] = field(default_factory=dict)
    along: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: Selector = field(default_factory=dict)
    margin: float = 0.0
    threshold: float | None = None
    quantifier: str = "all"

    def __post_init__(self) -> None:
        require_known(self.kind, KINDS_OF_PREDICATE, what="kind of predicate")
        require_known(self.quantifier, QUANTIFIERS, what="quantifier")
        for selector in (self.left, *self.right, self.over, self.along, self.rows):
            for name in selector:
                require_known(name, SELECTOR_FIELDS, what="field of a predicate")
        needs = {"increasing": bool(self.along), "at_least": bool(self.left), "at_most": bool(self.left)}
        whole = needs.get(self.kind, bool(self.left) and bool(self.right))
        require(
            whole and (self.threshold is not None) == (self.kind in ("at_least", "at_most")),
            f"predicate {self.kind!r}: left {dict(self.left)}, right {list(self.right)}, along "
            f"{dict(self.along)}, threshold {self.threshold}; expected along for increasing, a threshold for "
            "at_least and at_most, left and right for the others. Complete it.",
        )
        require(
            self.margin >= 0 and (self.kind != "similar" or self.margin > 0) and len(self.along) <= 1,
            f"predicate {self.kind!r}: margin {self.margin}, along {list(self.along)}; expected a margin "
            "from 0 up, above 0 for similar, and one field to go along. Correct it.",
        )

    def comparisons(self) -> list[Comparison]:
        """All comparisons, with complete selectors."""
        return [
            Comparison(
                left=self._full(left, shared), right=None if right is None else self._full(right, shared)
            )
            for shared in _combinations(self.over)
            for left, right in self._sides()
        ]

    def _sides(self) -> Iterator[tuple[Selector, Selector | None]]:
        if self.kind == "increasing":
            ((name, values),) = self.along.items()
            for earlier, later in itertools.pairwise(values):
                yield {**self.left, name: later}, {**self.left, name: earlier}
        elif self.threshold is not None:
            yield self.left, None
        else:
            yield from ((self.left, right) for right in self.right)

    def _full(self, own: Selector, shared: Selector) -> Selector:
        return {"metric": self.metric, "class_name": "", **self.rows, **shared, **own}


def predicate_of(table: Mapping[str, Any]) -> Predicate:
    """Predicate of a table of a claims file.

    Parameters
    ----------
    table : mapping
        Fields of `Predicate`; `right` is one table or a list of them.

    Returns
    -------
    Predicate
        Checked.

    Raises
    ------
    SchemaError
        If a field is unknown, missing, or contradicts another.
    """
    known = [f.name for f in fields(Predicate)]
    for name in table:
        require_known(name, known, what="field of a predicate")
    require(
        "kind" in table and "metric" in table,
        f"predicate: {sorted(table)}; expected kind and metric among them. Add what is missing.",
    )
    right = table.get("right", [])
    return Predicate(**{**table, "right": [right] if isinstance(right, Mapping) else right})


def _combinations(over: Mapping[str, Sequence[str]]) -> list[Selector]:
    return [dict(zip(over, values, strict=True)) for values in itertools.product(*over.values())]


def _words(selector: Selector) -> str:
    return ", ".join(word.replace("_", " ") for word in selector.values() if word)
