"""What the stages of a fitted network compute for samples, a batch in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cropnb.sampling import Batch, Samples, make_loader
from cropnb.schema import SchemaError, require, require_known
from cropnb.training import Fitted, FittedHybridForest, FittedImputed, FittedNetwork
from cropnb.training.fitting import PREDICT_BATCH
from cropnb.training.prediction import each_batch

FloatArray = NDArray[np.float32]
Reduction = Callable[[FloatArray], FloatArray]


def stage_outputs(
    network: FittedNetwork,
    samples: Samples,
    *,
    stages: Sequence[str],
    reduce: Mapping[str, Reduction] | None = None,
    batch_size: int = PREDICT_BATCH,
) -> dict[str, FloatArray]:
    """Outputs of stages of a network, dropout off, without gradients.

    Parameters
    ----------
    network : FittedNetwork
        Left in evaluation mode, on the CPU.
    samples : Samples (sample, time, channel) [any]
        Of the layout it was fitted on.
    stages : sequence of str
        Keys of what the model's `forward_features` returns, such as `conv1`, `attention`, `embedding`.
    reduce : mapping of str to callable, optional
        Stage -> what is kept of its output, batch by batch: `{"conv1": channel_mean}`. By default all of it.
    batch_size : int () [count]
        Samples at a time; bounds the memory that is needed beside what is kept.

    Returns
    -------
    dict of str to ndarray (sample, ...) [1]
        By stage, in the order of `stages`; samples in their order.

    Raises
    ------
    SchemaError
        If there is no sample or stage, a stage is unknown, or days, channels or classes are not those of the
        fit.
    """
    network.layout.check(samples)
    reduce, wanted = dict(reduce or {}), tuple(dict.fromkeys(stages))
    stray = sorted(set(reduce) - set(wanted))
    require(
        samples.n_sample > 0 and bool(wanted) and not stray,
        f"stage_outputs: {samples.n_sample} samples, stages {wanted}, reduce {stray or 'none'} besides; "
        "expected some samples and stages, and to reduce these alone. Name the stages.",
    )
    batches = make_loader(samples, network.run.scaler, batch_size=batch_size, shuffle=False)
    keep = {name: reduce.get(name, _all) for name in wanted}
    compute = partial(_of_stages, name=network.name, keep=keep)
    accelerator = network.run.config.accelerator
    parts = list(each_batch(network.run.model, batches, compute, accelerator=accelerator))
    return {name: np.concatenate([part.pop(name) for part in parts]) for name in wanted}


def unwrapped(fitted: Fitted, samples: Samples) -> tuple[FittedNetwork, Samples]:
    """The network inside a fitted classifier, and samples as that network is fed them.

    Parameters
    ----------
    fitted : Fitted
        A network, one behind an imputer, or one under a forest.
    samples : Samples (sample, time, channel) [any]
        As `fitted` takes them.

    Returns
    -------
    network : FittedNetwork
        What `stage_outputs` and `randomised` take.
    samples : Samples (sample, time, channel) [any]
        With gaps filled by the imputer if there is one.

    Raises
    ------
    SchemaError
        If there is no network inside.
    """
    if isinstance(fitted, FittedImputed):
        return unwrapped(fitted.fitted, fitted.filled(samples))
    if isinstance(fitted, FittedHybridForest):
        return fitted.network, samples
    if isinstance(fitted, FittedNetwork):
        return fitted, samples
    raise SchemaError(
        f"unwrapped: a {type(fitted).__name__}; expected a classifier with a network in it. Fit one of these."
    )


def _of_stages(
    model: Any, batch: Batch, *, name: str, keep: Mapping[str, Reduction]
) -> dict[str, FloatArray]:
    found = model.forward_features(batch.x, day=batch.day, valid_mask=batch.valid_mask)
    for stage in keep:
        require_known(stage, found, what=f"{name} stage")
    return {stage: reduction(found[stage].cpu().numpy()) for stage, reduction in keep.items()}


def _all(values: FloatArray) -> FloatArray:
    return values
