"""A county with known truth: weather, fields, growth and radar, simulated from physics and assumptions.

Nothing here is a finding about a real place. Parameters tagged C were set to match a number of the thesis
the county imitates, and what follows from them must not be reported as agreement with it.
"""

from cropnb.simulation.cameras import simulate_cameras
from cropnb.simulation.configuration import load_parameters, parameter_table
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.scene import simulate, simulate_square
from cropnb.simulation.tile import scene_weather
from cropnb.simulation.variation import vary
from cropnb.simulation.version import sim_version
from cropnb.simulation.wishart import wishart_c2

__all__ = [
    "Parameters",
    "load_parameters",
    "parameter_table",
    "scene_weather",
    "sim_version",
    "simulate",
    "simulate_cameras",
    "simulate_square",
    "vary",
    "wishart_c2",
]
