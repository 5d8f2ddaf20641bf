"""Arithmetic and words of the benchmark of networks; nothing here is timed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from cropnb.models import REGISTRY, build_model, count_parameters
from cropnb.report.rows import tidy_rows

FOLDER = Path(__file__).parents[1] / "benchmarks"
NAMES = ("worker", "cases", "timing", "record", "peers_networks", "network_side", "network_rows", "networks")

Bench = dict[str, ModuleType]


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Its modules by name; they import one another as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        before = {name: sys.modules.pop(name, None) for name in NAMES}
        try:
            return {name: __import__(name) for name in NAMES}
        finally:
            for name, module in before.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module


def fact(n_parameter: float, flop: float) -> dict[str, Any]:
    peaks = {f"{mode}-{batch}": 300.0 for mode in ("train", "infer") for batch in (64, 256)}
    return {"n_parameter": n_parameter, "train_flop": 3 * flop, "infer_flop": flop, "peak_mb": peaks}


def rows_of_a_pair(bench: Bench) -> list[dict[str, Any]]:
    """Ours of 2 million parameters and 4 MFLOP beside a peer of half a million and 1 MFLOP."""
    rows = bench["network_rows"]
    names = ("TempCNN", rows.peer("TempCNN"))
    facts = dict(zip(names, (fact(2e6, 4e6), fact(5e5, 1e6)), strict=True))
    rounds = dict(zip(names, ([100.0, 300.0, 200.0], [400.0, 400.0, 1000.0]), strict=True))
    speeds = {rows.Setting("train", 64, n): rounds for n in (1, 2)}
    return tidy_rows(rows.rows_of(speeds, facts), scene="random series", scale="smoke")


def value(
    rows: list[dict[str, Any]], metric: str, model: str, *, split: str = "1 thread"
) -> tuple[float, ...]:
    (row,) = (r for r in rows if (r["metric"], r["model"], r["split"]) == (metric, model, split))
    return (row["low"], row["value"], row["high"]) if row["low"] is not None else (row["value"],)


def test_speed_is_given_as_it_is_by_parameters_and_by_flops(bench: Bench):
    rows = rows_of_a_pair(bench)
    assert value(rows, "samples_per_s", "TempCNN") == (100.0, 200.0, 300.0)
    assert value(rows, "samples_per_s_at_1_Mparam", "TempCNN") == (200.0, 400.0, 600.0)
    assert value(rows, "GFLOP_per_s", "TempCNN") == pytest.approx((1.2, 2.4, 3.6))  # 12 MFLOP to train
    assert value(rows, "train_MFLOP_per_sample", "TempCNN", split="") == (12.0,)
    assert value(rows, "n_parameter", "TempCNN", split="") == (2e6,)


def test_ratios_are_those_of_the_rounds(bench: Bench):
    rows, pair = rows_of_a_pair(bench), "TempCNN : TempCNN (BreizhCrops)"
    assert value(rows, "times_samples_per_s", pair) == pytest.approx((0.2, 0.25, 0.75))
    assert value(rows, "times_samples_per_s_at_1_Mparam", pair) == pytest.approx((0.8, 1.0, 3.0))
    assert value(rows, "times_GFLOP_per_s", pair) == pytest.approx((0.8, 1.0, 3.0))


def test_one_run_has_no_bounds(bench: Bench):
    assert bench["record"].spread([3.0]) == {"value": 3.0, "n_sample": 1}
    assert bench["record"].spread([3.0, 1.0, 2.0]) == {"value": 2.0, "low": 1.0, "high": 3.0, "n_sample": 3}


def test_memory_stands_where_it_was_looked_at(bench: Bench):
    rows = [row for row in rows_of_a_pair(bench) if row["metric"] == "peak_MB"]
    assert {row["split"] for row in rows} == {"1 thread"}
    assert len(rows) == 2


def test_every_network_has_a_counterpart_and_a_place_in_the_run(bench: Bench):
    rows, networks = bench["network_rows"], bench["networks"]
    assert set(REGISTRY) <= set(rows.COUNTERPART)
    names = networks.chosen_networks(is_smoke=False, only=(), has_peers=True)
    assert {ours for ours, _ in rows.pairs_in(names)} == set(rows.COUNTERPART)
    assert len(names) == len(set(names))
    alone = networks.chosen_networks(is_smoke=False, only=(), has_peers=False)
    assert rows.pairs_in(alone) == []
    assert set(REGISTRY) < set(alone)


def test_smoke_is_the_pair_that_computes_the_same_once(bench: Bench):
    networks = bench["networks"]
    names = networks.chosen_networks(is_smoke=True, only=(), has_peers=True)
    assert names == [bench["network_side"].AS_PEER, "TempCNN (BreizhCrops)"]
    assert len(networks.settings_of(is_smoke=True)) == 2
    assert len(networks.settings_of(is_smoke=False)) == 8


@pytest.mark.parametrize(
    ("given", "whole"),
    [([], True), (["--smoke"], False), (["--rounds", "2"], False), (["--only", "TempCNN"], False)],
)
def test_only_whole_runs_are_kept(bench: Bench, given: list[str], whole: bool):
    networks = bench["networks"]
    assert networks.is_whole(networks.arguments(given), Path("peers")) is whole
    assert not networks.is_whole(networks.arguments(given), "no folder")


N, T, C, H = 2, 22, 3, 16  # samples, dates, channels, units


def test_flops_of_a_fused_lstm_are_counted(bench: Bench):
    lstm = nn.LSTM(C, H, batch_first=True).eval()
    with torch.no_grad():
        counted = bench["network_side"].flops_of(lambda: lstm(torch.randn(N, T, C)))
    assert counted == 2 * N * T * 4 * H * (C + H)


def test_flops_of_fused_attention_are_counted(bench: Bench):
    part = torch.randn(N, 4, T, H)
    attention = nn.functional.scaled_dot_product_attention
    counted = bench["network_side"].flops_of(lambda: attention(part, part, part))
    assert counted == 2 * (2 * N * 4 * T * T * H)  # queries with keys, weights with values


def test_flops_of_a_training_step_are_those_of_its_three_products(bench: Bench):
    dense, x = nn.Linear(C, H), torch.randn(N, C)
    counted = bench["network_side"].flops_of(lambda: dense(x).sum().backward())
    assert counted == 2 * (2 * N * C * H)  # forward, and to the weights; nothing asks for that to x


def side(bench: Bench, name: str, folder: str = "") -> Any:
    return bench["network_side"].Side(bench["worker"].Request(name, folder, "", 22, 1))


def test_a_side_describes_its_network(bench: Bench):
    found = side(bench, "TempCNN").describe()
    model = build_model("TempCNN", n_channel=C, n_class=6, n_time=T)
    assert found["n_parameter"] == count_parameters(model)
    convolutions = T * 5 * (3 * 64 + 2 * 64 * 64)
    assert found["infer_flop"] == 2 * (convolutions + T * 64 * 256 + 256 * 6)
    assert 2.5 < found["train_flop"] / found["infer_flop"] < 3


def test_training_moves_weights_and_inference_does_not(bench: Bench):
    one = side(bench, "TempCNN")
    before = [p.detach().clone() for p in one.network.module.parameters()]
    assert one.infer(4, torch.get_num_threads(), 1)["seconds"] > 0
    assert all(torch.equal(a, b) for a, b in zip(before, one.network.module.parameters(), strict=True))
    one.train(4, torch.get_num_threads(), 1)
    assert all(not torch.equal(a, b) for a, b in zip(before, one.network.module.parameters(), strict=True))


MODELS = """
from torch import nn
class TempCNN(nn.Module):
    def __init__(self, input_dim, num_classes, sequencelength, device="cuda"):
        super().__init__()
        self.given = (input_dim, num_classes, sequencelength, device)
        self.dense = nn.Linear(input_dim, num_classes)
    def forward(self, x):
        return self.dense(x).mean(1).log_softmax(1)
"""


@pytest.fixture
def breizhcrops(tmp_path: Path) -> Path:
    """Folder as pip makes it, whose package cannot be imported whole."""
    models = tmp_path / "breizhcrops" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").write_text("import no_such_geopandas", encoding="utf-8")
    (models / "__init__.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def test_a_peer_is_built_without_the_data_sets_of_its_package(
    bench: Bench, breizhcrops: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("breizhcrops", "breizhcrops.models"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)
    found = side(bench, bench["network_rows"].peer("TempCNN"), str(breizhcrops))
    assert found.network.module.given == (3, 6, 22, "cpu")
    assert found.describe()["n_parameter"] == 24


def test_layers_that_a_peer_keeps_in_lists_are_trained_and_switched(bench: Bench):
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers, self.sizes = [nn.Linear(3, 3), nn.Sequential()], [1, 2]
            self.layers[1].hidden = [nn.BatchNorm1d(3)]

    found = bench["peers_networks"].registered(Hidden())
    assert count_parameters(found) == 12 + 6
    assert found.sizes == [1, 2]
    assert not found.eval().layers[1].hidden[0].training


def test_a_missing_package_says_how_to_get_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, breizhcrops: Path
):
    networks = bench["networks"]
    monkeypatch.delenv("CROPNB_BREIZHCROPS", raising=False)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for found in (networks.found_breizhcrops(None), networks.found_breizhcrops(str(FOLDER))):
        assert "benchmarks/README.md, 'BreizhCrops'" in found
    assert "## BreizhCrops" in readme
    assert "breizhcrops==" in readme
    monkeypatch.setenv("CROPNB_BREIZHCROPS", str(breizhcrops))
    assert networks.found_breizhcrops(None) == breizhcrops


def test_copied_weights_give_equal_scores_and_others_are_an_error(bench: Bench, tmp_path: Path):
    one, other = (side(bench, bench["network_side"].AS_PEER) for _ in range(2))
    other.train(8, torch.get_num_threads(), 1)
    ask = {"ours": one, "theirs": other}
    names = dict(
        zip(ask, bench["networks"].chosen_networks(is_smoke=True, only=(), has_peers=True), strict=True)
    )

    class Asked:
        def __init__(self, who: str) -> None:
            self.who = who

        def ask(self, command: str, *arguments: Any) -> Any:
            return getattr(ask[self.who], command)(*arguments)

    made = SimpleNamespace(sides={names[who]: Asked(who) for who in ask}, folder=tmp_path)
    check = bench["networks"].Bench.check_equal
    assert check(made)["log_probability"] < 1e-6
    one.take_weights = lambda _: {}  # a side that keeps its own
    one.train(8, torch.get_num_threads(), 1)
    with pytest.raises(bench["timing"].MismatchError, match="log_probability"):
        check(made)
    del made.sides[names["theirs"]]
    assert check(made) == {}
