"""Arithmetic and rows of the networks' benchmark: speeds, per parameter, per FLOP, and as ratios."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from network_side import AS_PEER
from peers_networks import WHO
from record import spread, threads_words

MODES = ("train", "infer")
# The peer that is nearest in kind; only the last pair computes the same, the others differ in size, too.
COUNTERPART = {
    "Conv1D": "InceptionTime",
    "AttentionLSTM": "LSTM",
    "Conv1D-LSTM": "LSTM",
    "TempCNN": "TempCNN",
    "Transformer": "TransformerModel",
    AS_PEER: "TempCNN",
}
WORDS = {"train": "training", "infer": "inference"}


@dataclass(frozen=True)
class Setting:
    """What is measured of each network."""

    mode: str  # train or infer
    batch: int
    n_thread: int

    @property
    def title(self) -> str:
        """Such as "training, batch 64"."""
        return f"{WORDS[self.mode]}, batch {self.batch}"


Speeds = Mapping[Setting, Mapping[str, Sequence[float]]]  # samples/s, round by round, by network
Facts = Mapping[str, Mapping[str, Any]]  # what `Side.describe` says, and peaks of memory, by network


def peer(name: str) -> str:
    """Name in the tables of a network of BreizhCrops."""
    return f"{name} ({WHO})"


def rows_of(speeds: Speeds, facts: Facts) -> Iterator[dict[str, Any]]:
    """Sizes, speeds, and speeds of ours over those of the counterpart."""
    for name, fact in facts.items():
        common = {"exhibit": "networks-size", "model": name}
        yield {**common, "metric": "n_parameter", "value": fact["n_parameter"]}
        for mode in MODES:
            yield {**common, "metric": f"{mode}_MFLOP_per_sample", "value": fact[f"{mode}_flop"] / 1e6}
    for setting, found in speeds.items():
        common = {"features": setting.title, "split": threads_words(setting.n_thread)}
        for name, samples_per_s in found.items():
            for metric, values in per(samples_per_s, facts[name], mode=setting.mode).items():
                row = {"exhibit": "networks", "model": name, "metric": metric, **spread(values)}
                yield {**common, **row, "method": "median [min, max] of the rounds"}
            if setting.n_thread == 1:
                peak = facts[name]["peak_mb"][f"{setting.mode}-{setting.batch}"]
                yield {**common, "exhibit": "networks", "model": name, "metric": "peak_MB", "value": peak}
        for ours, theirs in pairs_in(found):
            for metric, values in ratios(found, facts, ours, theirs, mode=setting.mode).items():
                row = {"exhibit": "networks-ratio", "model": f"{ours} : {theirs}", "metric": metric}
                method = "ours over theirs, median [min, max] of the rounds"
                yield {**common, **row, **spread(values), "method": method}


def per(samples_per_s: Sequence[float], fact: Mapping[str, Any], *, mode: str) -> dict[str, list[float]]:
    """Samples per second, the same times the size of the network, and GFLOP per second achieved.

    Times its size: what a network of a million parameters would do at the same time per parameter.
    """
    return {
        "samples_per_s": list(samples_per_s),
        "samples_per_s_at_1_Mparam": [s * fact["n_parameter"] / 1e6 for s in samples_per_s],
        "GFLOP_per_s": [s * fact[f"{mode}_flop"] / 1e9 for s in samples_per_s],
    }


def pairs_in(names: Iterable[str]) -> list[tuple[str, str]]:
    """Ours and its counterpart, where both were measured."""
    known = set(names)
    both = [(ours, peer(theirs)) for ours, theirs in COUNTERPART.items()]
    return [pair for pair in both if set(pair) <= known]


def ratios(
    found: Mapping[str, Sequence[float]], facts: Facts, ours: str, theirs: str, *, mode: str
) -> dict[str, list[float]]:
    """Ours over theirs, round by round."""
    mine, other = (per(found[name], facts[name], mode=mode) for name in (ours, theirs))
    return {
        f"times_{metric}": [a / b for a, b in zip(mine[metric], other[metric], strict=True)]
        for metric in mine
    }
