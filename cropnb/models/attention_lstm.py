"""Attention-based bidirectional LSTM, on its own and as the branch of `Conv1D-LSTM`.

Source       The thesis that this book follows, section 3.2.6.3, eq. 3-13 to 3-21. Code compared:
             Lab-IDEAS/DeepCropMapping@06f95e1, the network of Xu et al. (2020) that the section cites.
Differences  The thesis is silent or ambiguous at 1 to 7; 8 to 11 are ours.
             1. Softmax of 3-19: over the valid steps of a series, one number a step (W_alpha is a row): 3-20
                has a plain product of alpha_t and h_t, not the thesis's sign for the element-wise one.
             2. b_alpha of 3-19 is left out: one number added to all scores does not change their softmax.
             3. Softmax of 3-21: over the valid steps too, W_H a row: chapter 5 of the thesis writes A_t for
                the "attention weights for each time step", though its formula for them (5-4) is another.
             4. A_t feeds the context, the sum over t of A_t h_t (chapter 5: "a weighted sum of the hidden
                states"). `attention`, for Figure 3-16, is A_t; alpha_t comes out as `first_attention`.
             5. h_t holds both directions, forward half first; one layer. 256 units each, as in the code
                compared (which stacks two layers): h_t then has 512 features, as the thesis's do.
             6. The context goes through a dense layer of 512 with ReLU, as in the joint network, then
                dropout (its place is that network's, its rate 0.5 the code's), then a linear classifier.
             7. Weights start as Keras's do, in which the thesis's networks are written: Glorot, orthogonal
                for the recurrence, biases 0, forget gate 1.
             8. Steps with `valid_mask` False are taken out of the recurrence: each valid step follows the
                valid one before it. They have weight 0 in both softmaxes, and hidden features 0. A series
                without any valid step has context 0.
             9. `day` is accepted, by the contract all models share, and not used: order only, no dates.
             10. Logits come out, no softmax: the loss applies it.
             11. torch adds two biases per gate where 3-13 to 3-17 have one: 4 n_hidden more a direction.
Check        n_params = 801 285 for 3 channels and 5 classes: 2 x (4 x 256 x (3 + 256) + 8 x 256) (LSTM)
             + 512 + 1 024 (attention) + 262 656 (dense) + 2 565 (classifier). By hand: none is published.
             Tests: `tests/test_30_models_attention_lstm.py`, among them eq. 3-13 to 3-21 written in numpy.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from cropnb.models.series import SeriesModel, check_config, draw_glorot_uniform
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True)
class AttentionLSTMConfig:
    """Size of an attention-based LSTM; series may have any length.

    Attributes
    ----------
    n_channel : int () [count]
        Input features per acquisition.
    n_class : int () [count]
        Classes.
    n_hidden : int () [count]
        Units of each of the two directions.
    n_dense : int () [count]
        Width of the dense layer.
    dropout : float () [1]
        Share of the dense layer's activations dropped, 0 <= dropout < 1.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    n_channel: int
    n_class: int
    n_hidden: int = 256
    n_dense: int = 512
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_config("AttentionLSTM", self, counts=("n_channel", "n_class", "n_hidden", "n_dense"))


class AttentionLSTM(SeriesModel):
    """Bidirectional LSTM, attention over its steps, one dense layer, one linear classifier."""

    def __init__(self, config: AttentionLSTMConfig) -> None:
        super().__init__()
        self.config = config
        self.branch = AttentionBranch(config.n_channel, n_hidden=config.n_hidden)
        self.dense = nn.Sequential(nn.Linear(2 * config.n_hidden, config.n_dense), nn.ReLU())
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
            `hidden`, `first_attention`, `attention`, `context` as in `AttentionBranch.forward`;
            `embedding` (batch, n_dense), `logits` (batch, class).

        Raises
        ------
        SchemaError
            If `x` has another number of channels than the config.
        """
        require(
            x.shape[2] == self.config.n_channel,
            f"AttentionLSTM: series of {x.shape[2]} channels; expected {self.config.n_channel}. Select those "
            "channels, or build a network with this n_channel.",
        )
        features: dict[str, Tensor] = self.branch(x, valid_mask=valid_mask)
        features["embedding"] = self.dense(features["context"])
        features["logits"] = self.classifier(self.dropout(features["embedding"]))
        return features


class AttentionBranch(nn.Module):
    """Bidirectional LSTM and the attention that sums its steps, eq. 3-13 to 3-21."""

    def __init__(self, n_channel: int, *, n_hidden: int) -> None:
        super().__init__()
        # Two LSTMs and not one bidirectional: with the valid steps at the front of either direction, what
        # follows cannot reach them. Packed sequences are slower and make a GPU wait for the lengths.
        self.forward_lstm = nn.LSTM(n_channel, n_hidden, batch_first=True)
        self.backward_lstm = nn.LSTM(n_channel, n_hidden, batch_first=True)
        self.first_score = nn.Linear(2 * n_hidden, 1, bias=False)  # W_alpha
        self.score = nn.Linear(4 * n_hidden, 1, bias=False)  # W_H

    def forward(
        self, x: Float[Tensor, "batch time channel"], *, valid_mask: Bool[Tensor, "batch time"]
    ) -> dict[str, Tensor]:
        r"""Hidden features of each step, their weights, and their weighted sum.

        .. math::
            \alpha_t = \mathrm{softmax}_t(W_\alpha h_t), \quad H_t = \alpha_t h_t, \quad
            A_t = \mathrm{softmax}_t(W_H [H_t, h_t])

        where :math:`h_t` is `hidden`, :math:`\alpha_t` `first_attention`, :math:`A_t` `attention`, and
        `context` is :math:`\sum_t A_t h_t`.

        Parameters
        ----------
        x : Tensor (batch, time, channel) [1, scaled]
            Series of any length.
        valid_mask : Tensor (batch, time) [1]
            True where a step is usable.

        Returns
        -------
        dict of str to Tensor
            `hidden` (batch, time, 2 n_hidden), of which the first half has seen the steps up to its own, the
            second half those from its own to the end; `first_attention` and `attention` (batch, time), each
            of sum 1; `context` (batch, 2 n_hidden). Steps that are not valid have 0.
        """
        # `where` and not a product: NaN times 0 is NaN.
        x = torch.where(valid_mask[..., None], x, torch.zeros_like(x))
        ahead = _steps_of_valid(self.forward_lstm, x, valid_mask)
        back = _steps_of_valid(self.backward_lstm, x.flip(1), valid_mask.flip(1)).flip(1)
        hidden = torch.cat([ahead, back], dim=2)
        first_attention = _softmax_over_valid(self.first_score(hidden).squeeze(2), valid_mask)
        weighted = first_attention[..., None] * hidden  # H_t, 3-20
        score = self.score(torch.cat([weighted, hidden], dim=2)).squeeze(2)
        attention = _softmax_over_valid(score, valid_mask)
        return {
            "hidden": hidden,
            "first_attention": first_attention,
            "attention": attention,
            "context": (attention[..., None] * hidden).sum(dim=1),
        }


def draw_as_keras(module: nn.Module) -> None:
    """Draw the weights of one layer as Keras does by default; for `Module.apply`.

    Parameters
    ----------
    module : Module
        Changed in place if it is a dense, convolution or LSTM layer; others are left alone.
    """
    draw_glorot_uniform(module)
    if isinstance(module, nn.LSTM):
        _draw_lstm(module)


def _draw_lstm(lstm: nn.LSTM) -> None:
    weights = dict(lstm.named_parameters())
    nn.init.xavier_uniform_(weights["weight_ih_l0"])
    nn.init.orthogonal_(weights["weight_hh_l0"])
    nn.init.zeros_(weights["bias_hh_l0"])
    nn.init.zeros_(weights["bias_ih_l0"])
    forget = slice(lstm.hidden_size, 2 * lstm.hidden_size)  # torch's order: input, forget, cell, output
    nn.init.ones_(weights["bias_ih_l0"][forget])


def _steps_of_valid(lstm: nn.LSTM, x: Tensor, valid_mask: Tensor) -> Tensor:
    """Hidden features of each valid step, as if the others were not there; those get 0."""
    order = (~valid_mask).int().argsort(dim=1, stable=True)[..., None]  # valid steps first, in their order
    found: Tensor = lstm(x.gather(1, order.expand_as(x)))[0]
    hidden = torch.zeros_like(found).scatter(1, order.expand_as(found), found)
    return hidden.masked_fill(~valid_mask[..., None], 0.0)


def _softmax_over_valid(score: Tensor, valid_mask: Tensor) -> Tensor:
    """Weights of sum 1 over the valid steps, 0 elsewhere; all 0 where no step is valid."""
    lowest = torch.finfo(score.dtype).min  # not -inf: its softmax is NaN where no step is valid
    return score.masked_fill(~valid_mask, lowest).softmax(dim=1) * valid_mask
