"""Transformer: self-attention between the acquisitions of a series.

Source       Liu (2024), thesis, section 3.2.6.4 and Figure 3-7: positional embedding, 2 encoder blocks of 8
             heads of size 256, residual connections, normalisation before and after attention, mean over
             time, MLP. Attention is its Eq. (5-3), after [Vaswani2017]. It takes the model from
             Russwurm and Koerner (2020, self-attention for optical series), which could not be read here.
Decided      where the source is silent or allows two readings:
             1. Width of a step: 64, and 256 in the feed-forward layer, the defaults of the Transformer that
                the same authors keep in dl4sits/BreizhCrops@796a923 (`TransformerModel.py`). A width equal
                to the number of features (attention straight on the input) is ruled out by the source's own
                Table 3-1: with one feature, DpRVI, normalising over the width would leave nothing of it,
                yet its Transformer has the best accuracy of all models there. So each step is mapped
                linearly to the width first, and the positional embedding is added to that.
             2. Positions are a learned vector per step ("embedding", not sines). `n_time` is therefore fixed.
             3. "Head size" is the length of a head's query, key and value: 8 x 256 = 2048 inside attention,
                mapped back to the width. No biases there, as in Eq. (5-3): one on the keys cancels anyway.
             4. Normalisation is over the features of a step, once before attention and once between
                attention and the feed-forward layer; none after the last block.
             5. The MLP is one hidden layer of 128. Dropout 0.1, after attention, the feed-forward layer and
                the MLP's hidden layer: the source gives neither number.
             6. Weights start as in Keras (Glorot uniform, biases 0); positions normal with deviation 0.1.
Differences  1. Logits come out, no softmax: the loss applies it.
             2. Steps with `valid_mask` False are set to 0, are no keys, and do not enter the mean over time.
                The source fills gaps beforehand and has no mask; an all-True mask gives its network. Of a
                series without any usable step the logits are those of a mean of 0.
             3. `day` is accepted, by the contract all models share, and not used: the source's positions are
                the order of the steps, not their dates.
Check        n_params = 1 126 022 for 22 steps, 3 features, 6 classes: 256 (linear) + 1 408 (positions)
             + 2 x (524 288 attention + 256 norms + 33 088 feed-forward) + 8 320 + 774 (MLP). By hand: the
             source prints none. Tests: `tests/test_30_models_transformer.py`, with the forward pass in numpy.
"""

import math
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from cropnb.models.series import SeriesModel, check_config, check_length, draw_glorot_uniform


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """Size of a Transformer; the defaults are the source's, or decided in the head of this file.

    Attributes
    ----------
    n_channel : int () [count]
        Input features per acquisition.
    n_class : int () [count]
        Classes.
    n_time : int () [count]
        Acquisitions per series, the same for all.
    n_block : int () [count]
        Encoder blocks.
    n_head : int () [count]
        Attention heads of each block.
    head_size : int () [count]
        Length of query, key and value of a head.
    width : int () [count]
        Length of the vector that stands for a step between the blocks.
    n_hidden : int () [count]
        Width of the feed-forward layer.
    n_dense : int () [count]
        Width of the MLP's hidden layer.
    dropout : float () [1]
        Share of activations dropped, 0 <= dropout < 1.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    n_channel: int
    n_class: int
    n_time: int
    n_block: int = 2
    n_head: int = 8
    head_size: int = 256
    width: int = 64
    n_hidden: int = 256
    n_dense: int = 128
    dropout: float = 0.1

    def __post_init__(self) -> None:
        counts = ("n_channel", "n_class", "n_time", "n_block", "n_head", "head_size", "width", "n_hidden")
        check_config("Transformer", self, counts=(*counts, "n_dense"))


class Transformer(SeriesModel):
    """Linear map and position of each step, encoder blocks, mean over time, MLP."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.linear = nn.Linear(config.n_channel, config.width)
        self.positions = PositionalEmbedding(config.n_time, config.width)
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.n_block))
        self.mean = MeanOverTime()
        self.dense = nn.Sequential(
            nn.Linear(config.width, config.n_dense), nn.ReLU(), nn.Dropout(config.dropout)
        )
        self.classifier = nn.Linear(config.n_dense, config.n_class)
        self.apply(draw_glorot_uniform)

    def forward(
        self,
        x: Float[Tensor, "batch time channel"],
        *,
        day: Int[Tensor, "batch time"],
        valid_mask: Bool[Tensor, "batch time"],
    ) -> Float[Tensor, "batch class"]:
        """Logits of each class, as of every `SeriesModel`; by fused attention, which shows no weights."""
        return self._stages(x, valid_mask)["logits"]

    def forward_features(
        self,
        x: Float[Tensor, "batch time channel"],
        *,
        day: Int[Tensor, "batch time"],
        valid_mask: Bool[Tensor, "batch time"],
    ) -> dict[str, Tensor]:
        """What each stage computes, for those who look inside.

        Parameters
        ----------
        x, day, valid_mask : Tensor
            As in `forward`.

        Returns
        -------
        dict of str to Tensor
            `attention` (batch, block, head, query, key), whose last axis sums to 1 over usable steps;
            `steps` (batch, time, width), what the first block is given; `block1`, `block2`, ... of the same
            dims; `mean` (batch, width); `embedding` (batch, n_dense); `logits` (batch, class).

        Raises
        ------
        SchemaError
            If `x` has another number of steps or channels than the config.
        """
        features = self._stages(x, valid_mask)
        before = [features["steps"], *(features[f"block{i}"] for i in range(1, len(self.blocks)))]
        weights = [
            cast(EncoderBlock, block).weights(steps, valid_mask)
            for block, steps in zip(self.blocks, before, strict=True)
        ]
        return {"attention": torch.stack(weights, dim=1), **features}

    def _stages(self, x: Tensor, valid_mask: Tensor) -> dict[str, Tensor]:
        """All but the attention weights, which cost as much again and which training does not read."""
        check_length("Transformer", x, self.config, why="it has one position per step")
        # `where` and not a product: NaN times 0 is NaN.
        usable = torch.where(valid_mask[..., None], x, torch.zeros_like(x))
        hidden = self.positions(self.linear(usable))
        features: dict[str, Tensor] = {"steps": hidden}
        for number, block in enumerate(self.blocks, start=1):
            hidden = features[f"block{number}"] = block(hidden, valid_mask)
        features["mean"] = self.mean(hidden, valid_mask)
        features["embedding"] = self.dense(features["mean"])
        features["logits"] = self.classifier(features["embedding"])
        return features


class PositionalEmbedding(nn.Module):
    """A learned vector per step, added to it: without it, attention sees a set and no series."""

    def __init__(self, n_time: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(0.1 * torch.randn(n_time, width))

    def forward(self, hidden: Float[Tensor, "batch time width"]) -> Float[Tensor, "batch time width"]:
        """Sum of step and position."""
        return hidden + self.vectors


class EncoderBlock(nn.Module):
    """Attention between the steps, then two linear layers on each step; both are added to what came in."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        inside = config.n_head * config.head_size
        self.n_head, self.head_size = config.n_head, config.head_size
        self.norm = nn.LayerNorm(config.width)
        self.query = nn.Linear(config.width, inside, bias=False)
        self.key = nn.Linear(config.width, inside, bias=False)
        self.value = nn.Linear(config.width, inside, bias=False)
        self.heads = nn.Sequential(nn.Linear(inside, config.width, bias=False), nn.Dropout(config.dropout))
        self.forward_norm = nn.LayerNorm(config.width)
        self.widen = nn.Sequential(nn.Linear(config.width, config.n_hidden), nn.ReLU())
        self.narrow = nn.Sequential(nn.Linear(config.n_hidden, config.width), nn.Dropout(config.dropout))

    def forward(
        self, hidden: Float[Tensor, "batch time width"], valid_mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time width"]:
        """Steps after the block."""
        steps = self.norm(hidden)
        query, key, value = (self._split(part(steps)) for part in (self.query, self.key, self.value))
        seen = scaled_dot_product_attention(
            query, key, value, attn_mask=_mask_of_keys(valid_mask, query.dtype)
        )
        hidden = hidden + self.heads(seen.transpose(1, 2).flatten(start_dim=2))
        narrowed: Tensor = self.narrow(self.widen(self.forward_norm(hidden)))
        return hidden + narrowed

    def weights(
        self, hidden: Float[Tensor, "batch time width"], valid_mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch head query key"]:
        """How each head weighs the steps: inside `forward`, torch's fused kernel does not show it."""
        steps = self.norm(hidden)
        query, key = self._split(self.query(steps)), self._split(self.key(steps))
        score = query @ key.transpose(-2, -1) / math.sqrt(self.head_size)
        return (score + _mask_of_keys(valid_mask, score.dtype)).softmax(dim=-1)

    def _split(self, steps: Tensor) -> Tensor:
        """(batch, time, head x size) -> (batch, head, time, size)."""
        return steps.view(*steps.shape[:2], self.n_head, self.head_size).transpose(1, 2)


class MeanOverTime(nn.Module):
    """Mean over the usable steps; 0 where there is none."""

    def forward(
        self, hidden: Float[Tensor, "batch time width"], valid_mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch width"]:
        """Mean over time."""
        usable = valid_mask[..., None].to(hidden.dtype)
        return (hidden * usable).sum(dim=1) / usable.sum(dim=1).clamp(min=1)


def _mask_of_keys(valid_mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Added to scores: 0, or the least finite number; -inf would make NaN of a series without usable step."""
    lowest = torch.full((), torch.finfo(dtype).min, dtype=dtype, device=valid_mask.device)
    return torch.where(valid_mask, torch.zeros_like(lowest), lowest)[:, None, None, :]
