"""How a Job ended."""

from __future__ import annotations

from lab_helpers.kube.transport import Object

__all__ = ["end_of"]


def end_of(job: Object) -> Object | None:
    """The condition that says how a Job ended, of type ``Complete`` or ``Failed``; None while it has not."""
    conditions = job.get("status", {}).get("conditions", [])
    ends = (each for each in conditions if each["type"] in ("Complete", "Failed") and each["status"] == "True")
    return next(ends, None)
