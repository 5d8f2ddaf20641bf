"""One network in a process of its own: trained and asked on command, its parameters and FLOPs counted."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers_networks import WHO, built_peer
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from worker import Request, answer, forget_peak, peak_mb

N_TIME, N_CHANNEL, N_CLASS = 22, 3, 6  # a season of both tracks, m-chi, the county's crops
# Ours in the sizes that BreizhCrops's TempCNN has by default: the one pair that computes the same.
AS_PEER = "TempCNN, sizes of BreizhCrops"
AS_PEER_SIZES = {"n_filter": 128, "kernel_size": 7, "n_dense": 512, "dropout": 0.18203942949809093}
LEARNING_RATE = 1e-3
FEW = 2  # samples to count FLOPs on: batch normalisation cannot train on one


@dataclass(frozen=True)
class Network:
    """A network, how it is called, and its loss."""

    module: nn.Module
    scores: Callable[[Tensor], Tensor]  # of (batch, time, channel): logits, or their log-softmax
    loss: Callable[[Tensor, Tensor], Tensor]


def built(name: str, *, folder: Path) -> Network:
    """Network by its name in the tables; `folder` holds BreizhCrops."""
    torch.manual_seed(0)
    layout = {"n_channel": N_CHANNEL, "n_class": N_CLASS, "n_time": N_TIME}
    key, _, other = name.partition(" (")
    if other == f"{WHO})":
        module = built_peer(folder, key, **layout)
        return Network(module, module, functional.nll_loss)
    from cropnb.models import REGISTRY, build_model  # noqa: PLC0415 - not beside BreizhCrops: see README.md

    sizes = AS_PEER_SIZES if name == AS_PEER else {}
    key = "TempCNN" if name == AS_PEER else name
    known = {f.name for f in fields(REGISTRY[key].config)}
    module = build_model(key, **{k: v for k, v in layout.items() if k in known}, **sizes)

    def logits(x: Tensor) -> Tensor:
        day = (torch.arange(x.shape[1]) * 7).expand(len(x), -1)
        scores: Tensor = module(x, day=day, valid_mask=torch.ones(x.shape[:2], dtype=torch.bool))
        return scores

    return Network(module, logits, functional.cross_entropy)


def batch_of(n_sample: int) -> tuple[Tensor, Tensor]:
    """Random series and classes, the same for all networks."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n_sample, N_TIME, N_CHANNEL, generator=generator)
    return x, torch.arange(n_sample) % N_CLASS


def flops_of(work: Callable[[], Any]) -> int:
    """FLOPs of matrix products and convolutions, a multiplication and an addition being two.

    LSTM and attention run in fused kernels that torch's counter passes over: here they are taken apart.
    """
    onednn: Any = torch.backends.mkldnn
    before, onednn.enabled = onednn.enabled, False
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            work()
    finally:
        onednn.enabled = before
    return int(counter.get_total_flops())


class Side:
    """Answers commands about one network."""

    def __init__(self, request: Request) -> None:
        self.network = built(request.job, folder=Path(request.inputs))
        self.optimiser = torch.optim.Adam(self.network.module.parameters(), lr=LEARNING_RATE)

    def describe(self) -> dict[str, Any]:
        """Parameters that a training step reaches, and FLOPs per sample of a forward pass and of a step."""
        module, (x, target) = self.network.module.train(), batch_of(FEW)
        module.zero_grad()
        with torch.no_grad():
            forward = flops_of(lambda: self.network.scores(x))
        training = flops_of(lambda: self.network.loss(self.network.scores(x), target).backward())
        n_parameter = sum(p.numel() for p in module.parameters() if p.grad is not None)
        return {"n_parameter": n_parameter, "infer_flop": forward / FEW, "train_flop": training / FEW}

    def train(self, n_sample: int, n_thread: int, n_step: int) -> dict[str, Any]:
        """Seconds of training steps on one batch."""
        torch.set_num_threads(n_thread)
        self.network.module.train()
        x, target = batch_of(n_sample)
        start = time.perf_counter()
        for _ in range(n_step):
            self.optimiser.zero_grad()
            self.network.loss(self.network.scores(x), target).backward()
            self.optimiser.step()
        return {"seconds": time.perf_counter() - start}

    def infer(self, n_sample: int, n_thread: int, n_step: int) -> dict[str, Any]:
        """Seconds of passes over one batch in evaluation mode."""
        torch.set_num_threads(n_thread)
        self.network.module.eval()
        x, _ = batch_of(n_sample)
        start = time.perf_counter()
        with torch.inference_mode():
            for _ in range(n_step):
                self.network.scores(x)
        return {"seconds": time.perf_counter() - start}

    def memory(self, mode: str, n_sample: int) -> dict[str, Any]:
        """Largest memory of the process in a step, on one thread."""
        gc.collect()
        forget_peak()
        getattr(self, mode)(n_sample, 1, 1)
        return {"peak_mb": peak_mb()}

    def give_weights(self, file: str) -> dict[str, Any]:
        """Save weights and running statistics in their order."""
        torch.save(list(self.network.module.state_dict().values()), file)
        return {}

    def take_weights(self, file: str) -> dict[str, Any]:
        """Load what another network saved; the shapes have to be the same, the names need not."""
        values = torch.load(file, weights_only=True)
        own = self.network.module.state_dict()
        self.network.module.load_state_dict(dict(zip(own, values, strict=True)))
        return {}

    def save_scores(self, folder: str, n_sample: int) -> dict[str, Any]:
        """Save log-probabilities of a batch in evaluation mode."""
        self.network.module.eval()
        with torch.inference_mode():
            found = self.network.scores(batch_of(n_sample)[0]).log_softmax(dim=1)
        Path(folder).mkdir(parents=True, exist_ok=True)
        np.save(Path(folder) / "log_probability.npy", found.numpy())
        return {}

    def stop(self) -> dict[str, Any]:
        """Last word."""
        return {}


if __name__ == "__main__":
    answer(Side)
