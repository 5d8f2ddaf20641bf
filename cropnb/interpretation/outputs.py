"""What the stages of a fitted network compute for samples, a batch in memory at a time."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray

from cropnb.sampling import Batch, Samples, make_loader
from cropnb.schema import SchemaError, require
from cropnb.training import Fitted, FittedHybridForest, FittedImputed, FittedNetwork
from cropnb.training.fitting import PREDICT_BATCH
from cropnb.training.quiet import quiet_lightning

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
    parts = list(_outputs(network, batches, wanted, reduce))
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
        gappy = np.where(samples.observed, samples.x, np.float32(np.nan))
        return unwrapped(fitted.fitted, replace(samples, x=fitted.imputer.transform(gappy).values))
    if isinstance(fitted, FittedHybridForest):
        return fitted.network, samples
    if isinstance(fitted, FittedNetwork):
        return fitted, samples
    raise SchemaError(
        f"unwrapped: a {type(fitted).__name__}; expected a classifier with a network in it. Fit one of these."
    )


def require_known(name: str, known: Iterable[str], *, what: str) -> None:
    """Raise unless a name is known, with the nearest one that is.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.
    what : str
        Kind of the name, for the message.

    Raises
    ------
    SchemaError
        If it is not among them.
    """
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
        raise SchemaError(
            f"{what} {name!r} is unknown; expected one of {', '.join(names)}. Did you mean {near[0]!r}?"
        )


def _outputs(
    network: FittedNetwork, batches: Iterable[Batch], stages: Sequence[str], reduce: Mapping[str, Reduction]
) -> Iterable[dict[str, FloatArray]]:
    with quiet_lightning():
        device = Fabric(accelerator=network.run.config.accelerator, devices=1).device
    model: Any = network.run.model.to(
        device
    ).eval()  # any: a Module does not say that it has `forward_features`
    try:
        for batch in batches:
            x, day, valid_mask, _ = (t.to(device) for t in batch)
            with torch.inference_mode():
                found = model.forward_features(x, day=day, valid_mask=valid_mask)
            for name in stages:
                require_known(name, found, what=f"{network.name} stage")
            yield {name: _kept(found[name].cpu().numpy(), reduce.get(name)) for name in stages}
    finally:
        model.cpu()


def _kept(values: FloatArray, reduction: Reduction | None) -> FloatArray:
    return values if reduction is None else reduction(values)
