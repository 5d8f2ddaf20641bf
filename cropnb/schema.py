"""The words of the project: dimensions, variables, units, groups and errors (decision 0002)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["simulated", "real"]
KINDS: tuple[str, ...] = ("simulated", "real")
SCALES: tuple[str, ...] = ("smoke", "laptop", "full")
POLARISATIONS: tuple[str, ...] = ("vv", "vh")
ROOT_ATTRS: tuple[str, ...] = ("name", "kind", "crs", "season", "licence", "source", "fingerprint")
SENTINEL2_BANDS: tuple[str, ...] = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")

LINEAR_POWER = "1"  # sigma0 and C2 are stored as linear power; decibels are made once (decision 0003)
DECIBEL = "dB"


class SchemaError(ValueError):
    """Input that breaks a contract; the message says what came, what was expected and what to do."""


def require(condition: bool, message: str) -> None:
    """Raise `SchemaError` with `message` unless `condition` holds.

    Parameters
    ----------
    condition : bool
        What has to be true.
    message : str
        What is wrong with the value, what was expected, what to do.

    Raises
    ------
    SchemaError
        If `condition` is false.
    """
    if not condition:
        raise SchemaError(message)


def require_known(name: str, known: Iterable[str], *, what: str) -> None:
    """Raise `SchemaError` unless a name is known, with the nearest one that is.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is; one at least.
    what : str
        Kind of the name, for the message.

    Raises
    ------
    SchemaError
        If it is not among them.
    """
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
        raise SchemaError(
            f"{what} {name!r} is unknown; expected one of {', '.join(names)}. Did you mean {near!r}?"
        )


@dataclass(frozen=True, kw_only=True)
class VariableSchema:
    """What one variable of a group has to look like."""

    dims: tuple[str, ...]
    units: str
    long_name: str
    dtype_kinds: str = "f"  # letters of numpy.dtype.kind
    required: bool = True
    signed: bool = True  # False: a negative value is an error


@dataclass(frozen=True, kw_only=True)
class GroupSchema:
    """What one group of a scene has to hold."""

    title: str
    variables: Mapping[str, VariableSchema]
    attrs: tuple[str, ...] = ()
    coords: tuple[str, ...] = field(default=())


_STACK = ("time", "y", "x")
_PAIRS = ("pair", "y", "x")
_CUBE = ("time", "band", "y", "x")
_MAP = ("y", "x")
_SERIES = ("sample", "time")

C2 = GroupSchema(
    title="Sentinel-1 covariance matrix",
    variables={
        "c_vv_vv": VariableSchema(dims=_STACK, units="1", long_name="C2 element VV VV*", signed=False),
        "c_vh_vh": VariableSchema(dims=_STACK, units="1", long_name="C2 element VH VH*", signed=False),
        "c_vv_vh": VariableSchema(dims=_STACK, units="1", long_name="C2 element VV VH*", dtype_kinds="c"),
    },
    attrs=("relative_orbit", "orbit_direction"),
    coords=_STACK,
)
SIGMA0 = GroupSchema(
    title="Sentinel-1 backscatter",
    variables={
        "vv": VariableSchema(dims=_STACK, units="1", long_name="sigma0 VV", signed=False),
        "vh": VariableSchema(dims=_STACK, units="1", long_name="sigma0 VH", signed=False),
    },
    attrs=("relative_orbit", "orbit_direction"),
    coords=_STACK,
)
SLC = GroupSchema(
    title="Sentinel-1 single-look complex",
    variables={
        "s_vv": VariableSchema(dims=_STACK, units="1", long_name="scattering amplitude VV", dtype_kinds="c"),
        "s_vh": VariableSchema(
            dims=_STACK, units="1", long_name="scattering amplitude VH", dtype_kinds="c", required=False
        ),
    },
    attrs=("relative_orbit", "orbit_direction"),
    coords=_STACK,
)
COHERENCE = GroupSchema(
    title="Sentinel-1 interferometric coherence",
    variables={
        "vv": VariableSchema(dims=_PAIRS, units="1", long_name="coherence VV", signed=False),
        "vh": VariableSchema(dims=_PAIRS, units="1", long_name="coherence VH", signed=False, required=False),
    },
    attrs=("relative_orbit", "orbit_direction"),
    coords=("first_time", "second_time", "y", "x"),
)
OPTICAL = GroupSchema(
    title="surface reflectance",
    variables={
        "reflectance": VariableSchema(dims=_CUBE, units="1", long_name="surface reflectance"),
        "valid_mask": VariableSchema(dims=_STACK, units="1", long_name="True where usable", dtype_kinds="b"),
    },
    coords=("time", "band", "y", "x"),
)
LABELS = GroupSchema(
    title="reference labels",
    variables={
        "class_id": VariableSchema(
            dims=_MAP, units="1", long_name="class number, -1 where unlabelled", dtype_kinds="i"
        ),
        "parcel_id": VariableSchema(
            dims=_MAP, units="1", long_name="parcel number, -1 outside", dtype_kinds="i", required=False
        ),
        "block_id": VariableSchema(
            dims=_MAP, units="1", long_name="cross-validation block", dtype_kinds="i", required=False
        ),
        "site_id": VariableSchema(dims=_MAP, units="1", long_name="site", dtype_kinds="i", required=False),
        "cropland": VariableSchema(
            dims=_MAP, units="1", long_name="True on cropland", dtype_kinds="b", required=False
        ),
    },
    attrs=("legend",),
    coords=_MAP,
)
CAMERAS = GroupSchema(
    title="camera series",
    variables={
        "gcc": VariableSchema(dims=("site", "time"), units="1", long_name="green chromatic coordinate"),
    },
    coords=("time", "x", "y"),
)
REFERENCE = GroupSchema(
    title="reference seasons of cameras",
    variables={
        name: VariableSchema(
            dims=("season",),
            units="day",
            long_name=f"{name}, days since 1 January of `year`",
            required=required,
        )
        for name, required in {
            **dict.fromkeys(("sos50", "eos50"), True),
            **dict.fromkeys(("sos15", "sos25", "peak", "eos25", "eos15"), False),
        }.items()
    },
    coords=("site", "year"),
)
POINTS = GroupSchema(
    title="labelled points",
    variables={
        "class_id": VariableSchema(
            dims=("sample",), units="1", long_name="class number, -1 where unlabelled", dtype_kinds="i"
        ),
        "lon": VariableSchema(dims=("sample",), units="degrees_east", long_name="longitude"),
        "lat": VariableSchema(dims=("sample",), units="degrees_north", long_name="latitude"),
        "group": VariableSchema(
            dims=("sample",),
            units="1",
            long_name="spatial group, kept whole by grouped splits",
            dtype_kinds="iu",
        ),
    },
    attrs=("legend",),
    coords=("sample",),
)
POINTS_SENTINEL1 = GroupSchema(
    title="Sentinel-1 backscatter at points",
    variables={
        "vv": VariableSchema(dims=_SERIES, units="1", long_name="sigma0 VV", signed=False),
        "vh": VariableSchema(dims=_SERIES, units="1", long_name="sigma0 VH", signed=False),
        "valid_mask": VariableSchema(dims=_SERIES, units="1", long_name="True where usable", dtype_kinds="b"),
    },
    coords=_SERIES,
)
POINTS_SENTINEL2 = GroupSchema(
    title="Sentinel-2 reflectance at points",
    variables={
        "reflectance": VariableSchema(
            dims=("sample", "time", "band"), units="1", long_name="surface reflectance"
        ),
        "valid_mask": VariableSchema(dims=_SERIES, units="1", long_name="True where usable", dtype_kinds="b"),
    },
    coords=("sample", "time", "band"),
)

# Group path -> schema; <relative_orbit> stands for one path segment.
GROUPS: dict[str, GroupSchema] = {
    "/sentinel1/<relative_orbit>/c2": C2,
    "/sentinel1/<relative_orbit>/slc": SLC,
    "/sentinel1/<relative_orbit>/sigma0": SIGMA0,
    "/sentinel1/<relative_orbit>/coherence": COHERENCE,
    "/sentinel2": OPTICAL,
    "/rapideye": OPTICAL,
    "/cameras": CAMERAS,
    "/reference": REFERENCE,  # what others made of camera series: neither labels nor truth
    "/labels": LABELS,
    "/survey": LABELS,  # labels with the errors of a survey, where those of /labels are the truth
    "/points": POINTS,
    "/points/sentinel1": POINTS_SENTINEL1,
    "/points/sentinel2": POINTS_SENTINEL2,
}
