"""Wall-to-wall maps: any scene, any fitted classifier, in bounded memory; and what smooths them after."""

from cropnb.mapping.majority import majority_filter
from cropnb.mapping.rasters import read_map
from cropnb.mapping.run import MapResult, map_scene
from cropnb.mapping.settings import MapSettings

__all__ = ["MapResult", "MapSettings", "majority_filter", "map_scene", "read_map"]
