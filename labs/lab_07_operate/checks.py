"""What proves each step of notebook 07."""

from labs.lab_07_operate.alerts import drill_reached_somebody
from labs.lab_07_operate.logs import request_traced

__all__ = ["drill_reached_somebody", "request_traced"]
