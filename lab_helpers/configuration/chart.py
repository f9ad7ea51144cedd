"""What the values of a chart say of the configuration: the third level."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.configuration.levels import Level, Setting
from lab_helpers.configuration.places import Places
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.nodes import Map, dig, text

__all__ = ["settings"]

_SHORT = {"production": "prod"}


def settings(places: Places) -> dict[str, Setting]:
    """What the values of an application's chart, and its environment's, say under ``config:``; without one, nothing.

    Raises:
        LabError: A file is no YAML.
    """
    short = _SHORT.get(places.environment, places.environment)
    names = ("values.yaml", f"values-{places.environment}.yaml", f"values-{short}.yaml")
    config: dict[str, Setting] = {}
    for file in dict.fromkeys(places.chart / name for name in names):
        if file.is_file():
            config |= _config(file, file.relative_to(places.deploy).as_posix())
    return config


def _config(file: Path, path: str) -> dict[str, Setting]:
    documents, failures = reading.parse(path, file.read_text(encoding="utf-8", errors="replace"))
    if failures:
        # Not what the parser says of it: that may quote the line, and so a value.
        line = failures[0].origin.line
        raise LabError(_("is no YAML"), object=f"{path}:{line}", next_step=f"helm lint {file.parent}")
    values = dig(documents[0], "config") if documents else None
    if not isinstance(values, Map):
        return {}
    return {
        key: Setting(Level.HELM, origin.file, origin.line, text(value))
        for key, value in values.items()
        for origin in (values.origins.get(key, values.origin),)
    }
