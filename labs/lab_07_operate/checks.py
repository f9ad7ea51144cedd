"""What proves each step of notebook 07."""

from labs.lab_07_operate.logs import request_traced

__all__ = ["request_traced"]
