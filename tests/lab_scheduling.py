"""How workers of pytest-xdist share tests: by file, and where a file tests every lab, by lab."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

from lab_helpers.workbook.course import outlines

__all__ = ["LabScheduling"]


class LabScheduling(LoadFileScheduling):
    """As ``--dist loadfile``; but the tests of one lab, by their parameters, are a file of their own."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        parameters = nodeid.partition("[")[2]
        lab = next((notebook for notebook in outlines.notebooks() if parameters.startswith(notebook)), "")
        return f"{file}::{lab}" if file.startswith("tests/integration/labs/") else file
