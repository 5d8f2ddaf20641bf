"""SAR and optical arithmetic on xarray: pure functions, no files, no torch."""

from cropnb.features.filters import boxcar
from cropnb.features.optical import ndvi
from cropnb.features.radiometry import cross_ratio_db, db_from_linear, linear_from_db

__all__ = ["boxcar", "cross_ratio_db", "db_from_linear", "linear_from_db", "ndvi"]
