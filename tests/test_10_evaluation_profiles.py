import numpy as np
import pytest

from cropnb.evaluation import class_quantiles
from cropnb.schema import SchemaError


def test_quartiles_are_numpys_class_by_class() -> None:
    rng = np.random.default_rng(0)
    values, class_id = rng.normal(size=(90, 4)), rng.integers(3, size=90)
    values[5, 1] = np.nan
    result = class_quantiles(values, class_id, n_class=3)
    for number in range(3):
        expected = np.nanquantile(values[class_id == number], (0.25, 0.5, 0.75), axis=0)
        np.testing.assert_allclose(result[:, number], expected)


def test_a_class_without_samples_is_missing_and_not_zero() -> None:
    result = class_quantiles([[1.0, np.nan]], [0], n_class=2)
    assert np.isnan(result[:, 1]).all()
    assert np.isnan(result[:, 0, 1]).all()
    assert (result[:, 0, 0] == 1.0).all()


def test_percentages_are_refused() -> None:
    with pytest.raises(SchemaError, match="Divide percentages by 100"):
        class_quantiles([[1.0]], [0], n_class=1, quantiles=(25, 50))


def test_samples_have_to_match() -> None:
    with pytest.raises(SchemaError, match=r"values \(1, 1\), class_id \(2,\)"):
        class_quantiles([[1.0]], [0, 1], n_class=2)
