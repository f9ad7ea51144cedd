"""What proves each step of notebook 07."""

from labs.lab_07_operate.alerts import drill_reached_somebody
from labs.lab_07_operate.backup import backup_readable
from labs.lab_07_operate.dying import outlived_a_server
from labs.lab_07_operate.logs import request_traced
from labs.lab_07_operate.nodes import drained_for_maintenance, spread_over_nodes
from labs.lab_07_operate.rebuilt import cluster_rebuilt

__all__ = [
    "backup_readable",
    "cluster_rebuilt",
    "drained_for_maintenance",
    "drill_reached_somebody",
    "outlived_a_server",
    "request_traced",
    "spread_over_nodes",
]
