"""SAR and optical arithmetic on xarray, NumPy and Dask alike: pure functions, no files, no torch.

Feature selection lives in `cropnb.features.selection` (Boruta) and `cropnb.features.rank_correlation`
(Spearman); they are imported from there, because what they stand on takes seconds to load.
"""

from cropnb.features.coherence import coherence, coherence_pairs, complex_coherence
from cropnb.features.coherence_bias import debiased_coherence, expected_coherence
from cropnb.features.covariance import c2_from_arrays, c2_from_slc, calibrated_slc, multilook
from cropnb.features.feature_sets import FEATURE_GROUPS, SCENARIOS, feature_set
from cropnb.features.filters import boxcar
from cropnb.features.flat_phase import flat_phase, remove_flat_phase
from cropnb.features.haralick import HARALICK_FEATURES, haralick
from cropnb.features.optical import BAND_SETS, OPTICAL_INDICES, evi, gcc, ndvi, ndwi, optical_indices
from cropnb.features.polarimetry import (
    POLARIMETRIC_FEATURES,
    degree_of_polarisation,
    dprvi,
    h_alpha,
    m_chi,
    polarimetry,
    rvi,
    stokes_from_c2,
)
from cropnb.features.radiometry import cross_ratio_db, db_from_linear, linear_from_db
from cropnb.features.refined_lee import refined_lee
from cropnb.features.reflectance import masked, reflectance_from_digital, sentinel2_offset
from cropnb.features.speckle import (
    equivalent_number_of_looks,
    lee,
    local_number_of_looks,
    modal_number_of_looks,
)
from cropnb.features.stack import RADAR_FEATURES, TextureSettings, radar_features
from cropnb.features.targets import c2_of_target, mixture, random_volume, rotated_matrix, speckled_slc
from cropnb.features.texture import glcm_texture
from cropnb.features.windows import use_threads

__all__ = [
    "BAND_SETS",
    "FEATURE_GROUPS",
    "HARALICK_FEATURES",
    "OPTICAL_INDICES",
    "POLARIMETRIC_FEATURES",
    "RADAR_FEATURES",
    "SCENARIOS",
    "TextureSettings",
    "boxcar",
    "c2_from_arrays",
    "c2_from_slc",
    "c2_of_target",
    "calibrated_slc",
    "coherence",
    "coherence_pairs",
    "complex_coherence",
    "cross_ratio_db",
    "db_from_linear",
    "debiased_coherence",
    "degree_of_polarisation",
    "dprvi",
    "equivalent_number_of_looks",
    "evi",
    "expected_coherence",
    "feature_set",
    "flat_phase",
    "gcc",
    "glcm_texture",
    "h_alpha",
    "haralick",
    "lee",
    "linear_from_db",
    "local_number_of_looks",
    "m_chi",
    "masked",
    "mixture",
    "modal_number_of_looks",
    "multilook",
    "ndvi",
    "ndwi",
    "optical_indices",
    "polarimetry",
    "radar_features",
    "random_volume",
    "refined_lee",
    "reflectance_from_digital",
    "remove_flat_phase",
    "rotated_matrix",
    "rvi",
    "sentinel2_offset",
    "speckled_slc",
    "stokes_from_c2",
    "use_threads",
]
