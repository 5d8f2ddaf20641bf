"""Conv1D: convolutions along time around an inception module.

Source       [Liu2024], 3.2.6.2 and Figure 3-6, who takes it from [Zhong2019]; the module is [Szegedy2015]'s.
             Neither the full text of [Zhong2019] nor the drawing of Figure 3-6 could be read here. Sizes are
             those of a third party's re-creation of the paper's diagram,
             Viniciusmoda/multi-temporal-crop-classification@5527c10, `cnn-network.py` (below: R), not of the
             authors' code, which is not public as far as could be found.
From where   [Liu2024] in words: an inception module of convolutions and a pooling layer; 512 units in the
             first dense layer (3.2.6.2, Conv1D-RF); 64, 128, 256 filters in its own Conv1D-LSTM, "adapted"
             from this one.
             R alone: order of the layers; kernels 3 and 5 in the module, 3 elsewhere; 64, 3 x 128, 128, 256
             filters; dropout 0.4 after the module and the two convolutions behind it, 0.5 after the dense
             layer; Glorot's uniform weights, biases 0 (Keras's default); no batch normalisation.
Assumed      where R departs from what [Szegedy2015] calls an inception module, the module is Szegedy's:
             1. Branches are joined along channels, R joins them along time.
             2. Series are padded with zeros and the pooling (3 steps, R: 2) moves by one step, so that all
                maps keep the dates of the input; R shortens them. [Liu2024]'s figures of maps need dates.
             3. A ReLU follows each convolution, as in [Szegedy2015]; R has one after the dense layer only.
             4. Dropout takes single values, R whole filters (its first version: single values).
             Not taken from [Szegedy2015]: the branch of width 1 and the reductions before the wide kernels;
             the diagram, as R has it, does not show them.
Differences  1. Logits come out, no softmax: the loss applies it.
             2. Steps with `valid_mask` False are set to 0: the training mean of standardised inputs, the
                training minimum of inputs scaled to 0 ... 1. R has no mask; an all-True mask changes
                nothing.
             3. `day` is accepted, by the contract all models share, and not used: the network knows the order
                of the steps, not their dates. `n_time` is therefore fixed.
Check        n_params = 3 208 070 for 22 dates, 3 channels, 6 classes: 640 (first convolution) + 24 704
             + 41 088 + 8 320 (branches) + 147 584 + 98 560 (convolutions behind them) + 2 884 096 (dense)
             + 3 078 (classifier). By hand from the layers, NOT compared with a published number: none was
             found.
             Tests: `tests/test_30_models_conv1d.py`, among them the same forward pass written in numpy.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from cropnb.models.series import SeriesModel, check_config, check_length, draw_glorot_uniform

N_BRANCH = 3  # short kernel, long kernel, pooling


@dataclass(frozen=True, kw_only=True)
class Conv1DConfig:
    """Size of a Conv1D; where the defaults come from stands in the header of this file.

    Attributes
    ----------
    n_channel : int () [count]
        Input features per acquisition.
    n_class : int () [count]
        Classes.
    n_time : int () [count]
        Acquisitions per series, the same for all.
    n_shallow : int () [count]
        Filters of the first convolution.
    n_branch : int () [count]
        Filters of each of the three branches of the inception module.
    n_middle, n_deep : int () [count]
        Filters of the convolutions after the module.
    kernel_size : int () [count]
        Steps that a filter spans, odd; also in the short branch.
    kernel_long : int () [count]
        Steps that a filter of the long branch spans, odd.
    pool_size : int () [count]
        Steps that the pooling branch takes the maximum of, odd.
    n_dense : int () [count]
        Width of the dense layer.
    dropout_map : float () [1]
        Share of values dropped after the module and after each convolution behind it.
    dropout : float () [1]
        Share of values dropped after the dense layer, 0 <= dropout < 1.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    n_channel: int
    n_class: int
    n_time: int
    n_shallow: int = 64
    n_branch: int = 128
    n_middle: int = 128
    n_deep: int = 256
    kernel_size: int = 3
    kernel_long: int = 5
    pool_size: int = 3
    n_dense: int = 512
    dropout_map: float = 0.4
    dropout: float = 0.5

    def __post_init__(self) -> None:
        counts = ("n_channel", "n_class", "n_time", "n_shallow", "n_branch", "n_middle", "n_deep", "n_dense")
        spans = ("kernel_size", "kernel_long", "pool_size")
        check_config("Conv1D", self, counts=counts, odd=spans, shares=("dropout_map", "dropout"))


class Conv1D(SeriesModel):
    """A convolution, an inception module, two convolutions, a dense layer, a linear classifier."""

    def __init__(self, config: Conv1DConfig) -> None:
        super().__init__()
        self.config = config
        size = config.kernel_size
        self.conv1 = _convolution(config.n_channel, config.n_shallow, size)
        self.inception = _Inception(config)
        self.conv2 = _convolution(N_BRANCH * config.n_branch, config.n_middle, size)
        self.conv3 = _convolution(config.n_middle, config.n_deep, size)
        self.drop = nn.Dropout(config.dropout_map)
        self.dense = nn.Sequential(
            nn.Linear(config.n_deep * config.n_time, config.n_dense), nn.ReLU(), nn.Dropout(config.dropout)
        )
        self.classifier = nn.Linear(config.n_dense, config.n_class)
        self.apply(draw_glorot_uniform)

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
            Maps at three depths, `conv1` (batch, n_shallow, time), `conv2` (batch, n_middle, time), `conv3`
            (batch, n_deep, time); `inception` (batch, 3 n_branch, time), between the first two: short kernel,
            long kernel, pooling; `embedding` (batch, n_dense), `logits` (batch, class).

        Raises
        ------
        SchemaError
            If `x` has another number of steps or channels than the config.
        """
        check_length("Conv1D", x, self.config, why="its dense layer sees every step")
        features: dict[str, Tensor] = {}
        # `where` and not a product: NaN times 0 is NaN.
        hidden = torch.where(valid_mask[..., None], x, torch.zeros_like(x)).transpose(1, 2)
        features["conv1"] = self.conv1(hidden)
        features["inception"] = self.drop(self.inception(features["conv1"]))
        features["conv2"] = self.drop(self.conv2(features["inception"]))
        features["conv3"] = self.drop(self.conv3(features["conv2"]))
        features["embedding"] = self.dense(features["conv3"].flatten(start_dim=1))
        features["logits"] = self.classifier(features["embedding"])
        return features


class _Inception(nn.Module):
    """Two convolutions of different span and a maximum, side by side, joined along channels."""

    def __init__(self, config: Conv1DConfig) -> None:
        super().__init__()
        n_in, n_out = config.n_shallow, config.n_branch
        pool = nn.MaxPool1d(config.pool_size, stride=1, padding=config.pool_size // 2)
        self.short = _convolution(n_in, n_out, config.kernel_size)
        self.long = _convolution(n_in, n_out, config.kernel_long)
        self.pooled = nn.Sequential(pool, _convolution(n_in, n_out, 1))

    def forward(self, x: Float[Tensor, "batch n_in time"]) -> Float[Tensor, "batch n_out time"]:
        return torch.cat([self.short(x), self.long(x), self.pooled(x)], dim=1)


def _convolution(n_in: int, n_out: int, kernel_size: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(n_in, n_out, kernel_size, padding="same"), nn.ReLU())
