"""What proves each step of notebook 01."""

from labs.lab_01_template.copying import copied
from labs.lab_01_template.database import outlives_its_pod, reached_by_name
from labs.lab_01_template.sorting import building_belongs_to_app, sorted_out
from labs.lab_01_template.web import answers_as_in_compose, limit_holds
from labs.lab_01_template.worker import waits_for_its_database

__all__ = [
    "answers_as_in_compose",
    "building_belongs_to_app",
    "copied",
    "limit_holds",
    "outlives_its_pod",
    "reached_by_name",
    "sorted_out",
    "waits_for_its_database",
]
