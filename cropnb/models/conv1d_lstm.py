"""Conv1D-LSTM: convolutions and an attention-based LSTM side by side, learned jointly.

Source       The thesis that this book follows, section 3.2.6.5 and Figure 3-8.
Differences  The thesis is silent or ambiguous at 1 to 8; 9 to 12 are ours. Figure 3-8 could not be seen: only
             the text of the thesis was at hand.
             1. The three convolutions follow each other ("1st layer", "as the layer goes deep"); what is
                parallel are the two branches, and the way out of each of the three levels.
             2. Skip connection: level = ReLU(BN(conv(in)) + shortcut(in)), the shortcut a convolution of one
                step, as the widths differ. The ReLU and its place are those of residual networks.
             3. Convolutions and shortcuts have no bias: the batch normalisation adds one.
             4. A level goes to its dense layer flattened, all steps beside each other: nothing is said of
                averaging, which the thesis names for its Transformer. `n_time` is therefore fixed.
             5. "512 units, equal to the last output from the 1D CNN module" is read as: each level's dense
                layer has 512 units, as the attention branch's has. 4 x 512 = 2 048 features are joined.
             6. The shared dense layer has 512 units: the thesis's "high-level hidden features" are 512, from
                the layers after joining. All dense layers have a ReLU (section 3.2.7).
             7. Dropout: one layer, between shared dense layer and classifier; rate 0.5, none is given.
             8. Attention branch and start of the weights: `attention_lstm`, differences 1 to 5, 7, 8, 11.
             9. Steps with `valid_mask` False are 0 at the input and after each level, as if the series ended
                there. In training, batch normalisation counts these zeros.
             10. A series shorter than `n_time` is one whose last steps are not valid.
             11. `day` is accepted, by the contract all models share, and not used.
             12. Logits come out, no softmax: the loss applies it.
Check        n_params = 7 129 221 for 22 steps, 3 channels, 5 classes: 188 992 + 41 152 + 896 (convolutions,
             shortcuts, normalisation) + 5 047 808 + 262 656 (dense of levels and of the attention branch)
             + 534 528 + 1 536 (LSTM, attention) + 1 049 088 (shared) + 2 565 (classifier). By hand:
             none is published.
             Tests: `tests/test_30_models_conv1d_lstm.py`, among them the convolutions written in numpy.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from cropnb.models.attention_lstm import AttentionBranch, draw_as_keras
from cropnb.models.series import SeriesModel, check_config
from cropnb.schema import require

KERNEL_SIZES = (3, 3, 5)  # steps that a filter of each level spans


@dataclass(frozen=True, kw_only=True)
class Conv1DLSTMConfig:
    """Size of a Conv1D-LSTM; the defaults are the thesis's.

    Attributes
    ----------
    n_channel : int () [count]
        Input features per acquisition.
    n_class : int () [count]
        Classes.
    n_time : int () [count]
        Acquisitions of the longest series.
    n_filter : int () [count]
        Filters of the first level; the second has 2, the third 4 times as many.
    n_hidden : int () [count]
        Units of each of the two directions of the LSTM.
    n_dense : int () [count]
        Width of each dense layer: of the three levels, of the attention branch, and the shared one.
    dropout : float () [1]
        Share of the shared dense layer's activations dropped, 0 <= dropout < 1.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    n_channel: int
    n_class: int
    n_time: int
    n_filter: int = 64
    n_hidden: int = 256
    n_dense: int = 512
    dropout: float = 0.5

    def __post_init__(self) -> None:
        counts = ("n_channel", "n_class", "n_time", "n_filter", "n_hidden", "n_dense")
        check_config("Conv1D-LSTM", self, counts=counts)


class Conv1DLSTM(SeriesModel):
    """Three levels of convolutions beside an attention-based LSTM, joined in one dense layer."""

    def __init__(self, config: Conv1DLSTMConfig) -> None:
        super().__init__()
        self.config = config
        width = (config.n_channel, *(config.n_filter * 2**i for i in range(len(KERNEL_SIZES))))
        self.levels = nn.ModuleList(
            _Level(n_in, n_out, kernel_size=k)
            for n_in, n_out, k in zip(width[:-1], width[1:], KERNEL_SIZES, strict=True)
        )
        self.level_dense = nn.ModuleList(_dense(n * config.n_time, config.n_dense) for n in width[1:])
        self.branch = AttentionBranch(config.n_channel, n_hidden=config.n_hidden)
        self.branch_dense = _dense(2 * config.n_hidden, config.n_dense)
        self.shared = _dense((len(KERNEL_SIZES) + 1) * config.n_dense, config.n_dense)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.n_dense, config.n_class)
        self.apply(draw_as_keras)

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
            `conv1`, `conv2`, `conv3` (batch, 1, 2, 4 times n_filter, time), 0 at steps that are not valid;
            `hidden`, `first_attention`, `attention`, `context` as in `AttentionBranch.forward`;
            `embedding` (batch, n_dense), `logits` (batch, class).

        Raises
        ------
        SchemaError
            If `x` has more steps, or another number of channels, than the config.
        """
        self._check(x)
        maps = self._maps(x, valid_mask)
        features: dict[str, Tensor] = {f"conv{i}": level for i, level in enumerate(maps, start=1)}
        features.update(self.branch(x, valid_mask=valid_mask))
        lacking = self.config.n_time - x.shape[1]
        joined = [
            dense(functional.pad(level, (0, lacking)).flatten(start_dim=1))
            for dense, level in zip(self.level_dense, maps, strict=True)
        ]
        joined.append(self.branch_dense(features["context"]))
        features["embedding"] = self.shared(torch.cat(joined, dim=1))
        features["logits"] = self.classifier(self.dropout(features["embedding"]))
        return features

    def _maps(self, x: Tensor, valid_mask: Tensor) -> list[Tensor]:
        """Output of each level, the invalid steps 0: what a convolution also finds beyond the series' end."""
        invalid = ~valid_mask[:, None]
        # `masked_fill` and not a product: NaN times 0 is NaN.
        level = x.transpose(1, 2).masked_fill(invalid, 0.0)
        maps = []
        for block in self.levels:
            level = block(level).masked_fill(invalid, 0.0)
            maps.append(level)
        return maps

    def _check(self, x: Tensor) -> None:
        n_time, n_channel = x.shape[1:]
        config = self.config
        require(
            n_time <= config.n_time and n_channel == config.n_channel,
            f"Conv1D-LSTM: series of (time, channel) = {(n_time, n_channel)}; expected at most "
            f"{config.n_time} steps of {config.n_channel} channels. Build one of this size.",
        )


class _Level(nn.Module):
    """Convolution along time, batch normalisation, and a shortcut past both."""

    def __init__(self, n_in: int, n_out: int, *, kernel_size: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(n_in, n_out, kernel_size, padding="same", bias=False)
        self.norm = nn.BatchNorm1d(n_out)
        self.shortcut = nn.Conv1d(n_in, n_out, 1, bias=False)

    def forward(self, x: Float[Tensor, "batch width time"]) -> Float[Tensor, "batch filter time"]:
        return functional.relu(self.norm(self.convolution(x)) + self.shortcut(x))


def _dense(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU())
