"""What proves each step of notebook 01."""

from labs.lab_01_template.copying import copied
from labs.lab_01_template.sorting import building_belongs_to_app, sorted_out

__all__ = ["building_belongs_to_app", "copied", "sorted_out"]
