"""What proves each step of notebook 06."""

from labs.lab_06_expand.gitops import hand_undone, served_by_a_commit
from labs.lab_06_expand.growing import grown
from labs.lab_06_expand.isolation import one_more_path
from labs.lab_06_expand.promoting import promoted_and_back
from labs.lab_06_expand.scaling import scaled_out_and_back
from labs.lab_06_expand.tenancy import bounded_and_separate
from labs.lab_06_expand.traffic import answered_by_host, replaced_behind_the_door
from labs.lab_06_expand.yielding import neighbour_held_and_batch_yielded

__all__ = [
    "answered_by_host",
    "bounded_and_separate",
    "grown",
    "hand_undone",
    "neighbour_held_and_batch_yielded",
    "one_more_path",
    "promoted_and_back",
    "replaced_behind_the_door",
    "scaled_out_and_back",
    "served_by_a_commit",
]
