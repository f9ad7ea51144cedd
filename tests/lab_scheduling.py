"""How workers of pytest-xdist share tests: by file, and where a file tests every lab, by lab; one lab at a time."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from lab_helpers.workbook.course import outlines

__all__ = ["LabScheduling"]

_CLUSTERS = "tests/integration/"
_LABS = f"{_CLUSTERS}labs/"


class LabScheduling(LoadFileScheduling):
    """As ``--dist loadfile``; but the tests of one lab, by their parameters, are a file of their own.

    A lab keeps two cores busy, and has to be answered in time: as long as there is other work, no second one runs
    beside it.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        parameters = nodeid.partition("[")[2]
        lab = next((notebook for notebook in outlines.notebooks() if parameters.startswith(notebook)), "")
        return f"{file}::{lab}" if file.startswith(_CLUSTERS) else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        if self._is_lab_under_way():
            scope = next((scope for scope in self.workqueue if not scope.startswith(_LABS)), None)
        else:  # the later labs take longest; begun last, one would have a worker do it alone at the end
            scope = max((scope for scope in self.workqueue if scope.startswith(_LABS)), default=None)
        if scope is not None:
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def _is_lab_under_way(self) -> bool:
        return any(
            scope.startswith(_LABS) and not all(unit.values())
            for units in self.assigned_work.values()
            for scope, unit in units.items()
        )
