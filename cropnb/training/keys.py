"""Keys of fits: the same key, the same result; so a finished fit is found again and a stale one is not."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

import cropnb
from cropnb.sampling import Samples

_CODE = ("models", "training", "sampling")  # packages a fit's result depends on
_LIBRARIES = ("torch", "numpy", "scikit-learn", "lightning")


def key_of(*parts: Any) -> str:
    """Hash of everything a fit depends on, the code and the libraries' versions included.

    Parameters
    ----------
    *parts : Any
        Samples and networks count by their values, arrays by their bytes, the rest by its `repr`.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256(_code_and_versions().encode())
    for part in parts:
        digest.update(_bytes_of(part))
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def _bytes_of(part: Any) -> bytes:
    if isinstance(part, Samples):
        text = repr((part.channel, part.legend.names)).encode()
        return text + b"".join(_bytes_of(a) for a in (part.x, part.day, part.class_id))
    if isinstance(part, nn.Module):
        weights = {name: value.detach().cpu().numpy() for name, value in part.state_dict().items()}
        return repr(part).encode() + b"".join(name.encode() + _bytes_of(w) for name, w in weights.items())
    if isinstance(part, np.ndarray):
        return f"{part.shape}{part.dtype}".encode() + np.ascontiguousarray(part).tobytes()
    return repr(part).encode()


@functools.cache
def _code_and_versions() -> str:
    root = Path(cropnb.__file__).parent
    sources = sorted(path for package in _CODE for path in (root / package).glob("*.py"))
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return " ".join([code, *(f"{name}={version(name)}" for name in _LIBRARIES)])
