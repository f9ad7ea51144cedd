"""What the programs of a drill report: an object of JSON a line, among whatever else is in their log."""

from __future__ import annotations

import json
from typing import Any

from lab_helpers import CheckContext
from lab_helpers.kube.transport import Object

__all__ = ["entries"]


def entries(lab: CheckContext, pod: Object) -> list[dict[str, Any]]:
    """What a pod has reported so far; a line that is only half written is left out."""
    lines = lab.client.logs(pod["metadata"]["name"], pod["metadata"]["namespace"]).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
