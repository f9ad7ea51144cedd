"""How workers of pytest-xdist share tests: by file, and where a file tests every lab, by lab; labs first."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from lab_helpers.workbook.course import outlines

__all__ = ["LabScheduling"]

_CLUSTERS = "tests/integration/"
_LABS = f"{_CLUSTERS}labs/"


class LabScheduling(LoadFileScheduling):
    """As ``--dist loadfile``; but the tests of one lab, by their parameters, are a file of their own."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        parameters = nodeid.partition("[")[2]
        lab = next((notebook for notebook in outlines.notebooks() if parameters.startswith(notebook)), "")
        return f"{file}::{lab}" if file.startswith(_CLUSTERS) else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        # Labs take longest; begun last, one would have a worker do it alone at the end.
        longest = next((scope for scope in self.workqueue if scope.startswith(_LABS)), None)
        if longest is not None:
            self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)
