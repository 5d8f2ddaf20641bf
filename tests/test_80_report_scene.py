import numpy as np

from cropnb.report import scene_table
from cropnb.scenes import example_raster_scene


def test_the_table_names_every_group_and_says_what_is_simulated() -> None:
    scene = example_raster_scene(np.random.default_rng(0))
    table = scene_table(scene)
    assert "simulated" in table.caption
    groups = {node.path for node in scene.subtree if node.has_data}
    assert groups <= set(table.frame["group"])
    assert "<caption>" in table._repr_html_()
