"""What proves each step of notebook 06."""

from labs.lab_06_expand.growing import grown
from labs.lab_06_expand.isolation import one_more_path
from labs.lab_06_expand.traffic import answered_by_host

__all__ = ["answered_by_host", "grown", "one_more_path"]
