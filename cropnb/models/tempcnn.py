"""TempCNN: temporal convolutional neural network.

Source       [Pelletier2019]; its code charlotte-pel/temporalCNN@d081da2, `Archi_3CONV64_1FC256`
             (`deeplearning/architecture_complexity.py`, blocks in `architecture_features.py`).
Differences  1. Logits come out, no softmax: the loss applies it.
             2. Steps with `valid_mask` False are set to 0, which is the training mean once inputs are
                scaled. The paper fills gaps by interpolation beforehand and has no mask; an all-True mask
                gives the paper's network.
             3. `day` is accepted, by the contract all models share, and not used: like the paper's, the
                network knows the order of the steps, not their dates. `n_time` is therefore fixed.
             4. Batch normalisation has torch's constants (momentum 0.1, epsilon 1e-5), not Keras's (0.01 in
                torch's counting, 1e-3): short runs need running statistics that settle.
             5. L2 regularisation of the kernels (1e-6) is the optimiser's weight decay: `cropnb.training`.
             6. Flattening is channel by channel, Keras's step by step: a permutation of the weights.
Check        n_params = 2 487 821 for the source's input (149 steps, 3 bands, 13 classes: its example table).
             Derived by hand from the source's layers, NOT compared with a number printed in the paper: its
             full text could not be read here. 1 024 + 2 x 20 544 (convolutions) + 3 x 128 (normalisation)
             + 2 441 472 + 512 (dense) + 3 341 (classifier). Keras's total adds 896 running statistics, which
             are not trained. Second anchor: the variant in dl4sits/BreizhCrops@6de796e (width 128, filter 7,
             dense 512) has 1 681 161 for 22 steps, 3 bands, 9 classes, counted in its code, not published.
             Tests: `tests/test_30_models_tempcnn.py`, among them the same forward pass written in numpy.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from cropnb.models.series import SeriesModel, check_config, check_length

N_BLOCK = 3  # convolutional blocks, [Pelletier2019]
_TRUNCATED = 0.87962566103423978  # standard deviation of a unit normal cut off at +-2


@dataclass(frozen=True, kw_only=True)
class TempCNNConfig:
    """Size of a TempCNN; the defaults are the paper's.

    Attributes
    ----------
    n_channel : int () [count]
        Input features per acquisition.
    n_class : int () [count]
        Classes.
    n_time : int () [count]
        Acquisitions per series, the same for all.
    n_filter : int () [count]
        Filters of each convolution.
    kernel_size : int () [count]
        Steps that a filter spans, odd.
    n_dense : int () [count]
        Width of the dense layer.
    dropout : float () [1]
        Share of activations dropped after each block, 0 <= dropout < 1.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    n_channel: int
    n_class: int
    n_time: int
    n_filter: int = 64
    kernel_size: int = 5
    n_dense: int = 256
    dropout: float = 0.5

    def __post_init__(self) -> None:
        counts = ("n_channel", "n_class", "n_time", "n_filter", "n_dense")
        check_config("TempCNN", self, counts=counts, odd=("kernel_size",))


class TempCNN(SeriesModel):
    """Three convolutions along time, one dense layer, one linear classifier."""

    def __init__(self, config: TempCNNConfig) -> None:
        super().__init__()
        self.config = config
        width = (config.n_channel, *[config.n_filter] * N_BLOCK)
        self.convolutions = nn.ModuleList(
            _convolution_block(width[i], width[i + 1], config=config) for i in range(N_BLOCK)
        )
        self.dense = _dense_block(config.n_filter * config.n_time, config=config)
        self.classifier = nn.Linear(config.n_dense, config.n_class)
        self.apply(_draw_he_normal)
        nn.init.xavier_uniform_(self.classifier.weight)

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
            `conv1`, `conv2`, `conv3` (batch, n_filter, time), `embedding` (batch, n_dense),
            `logits` (batch, class).

        Raises
        ------
        SchemaError
            If `x` has another number of steps or channels than the config.
        """
        check_length("TempCNN", x, self.config, why="its dense layer sees every step")
        features: dict[str, Tensor] = {}
        # `where` and not a product: NaN times 0 is NaN.
        hidden = torch.where(valid_mask[..., None], x, torch.zeros_like(x)).transpose(1, 2)
        for number, block in enumerate(self.convolutions, start=1):
            hidden = features[f"conv{number}"] = block(hidden)
        features["embedding"] = self.dense(hidden.flatten(start_dim=1))
        features["logits"] = self.classifier(features["embedding"])
        return features


def _convolution_block(n_in: int, n_out: int, *, config: TempCNNConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(n_in, n_out, config.kernel_size, padding="same"),
        nn.BatchNorm1d(n_out),
        nn.ReLU(),
        nn.Dropout(config.dropout),
    )


def _dense_block(n_in: int, *, config: TempCNNConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, config.n_dense),
        nn.BatchNorm1d(config.n_dense),
        nn.ReLU(),
        nn.Dropout(config.dropout),
    )


def _draw_he_normal(module: nn.Module) -> None:
    """Keras's `he_normal`, as in the source: variance 2 / fan-in, cut off at two deviations; biases 0."""
    if isinstance(module, nn.Conv1d | nn.Linear):
        fan_in = module.weight[0].numel()
        std = math.sqrt(2.0 / fan_in) / _TRUNCATED
        nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
