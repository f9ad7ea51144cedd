"""Namespaces, objects and rights that all notebooks together need on an existing cluster."""

from __future__ import annotations

from lab_helpers.cluster.territory import Territory
from lab_helpers.workbook.course import outlines

__all__ = ["of_workbook"]


def of_workbook() -> Territory:
    """The namespaces that notebooks work in, what they make there, and the rights they need.

    Raises:
        LabError: A lab is not declared as it should be.
    """
    makes: dict[str, set[str]] = {}
    rights: dict[str, set[str]] = {}
    for outline in map(outlines.load, outlines.notebooks()):
        for namespace in outline.namespaces:
            makes.setdefault(namespace, set()).update(outline.makes.get(namespace, ()))
        for resource, verbs in outline.rights.items():
            rights.setdefault(resource, set()).update(verbs)
    return Territory(
        {namespace: tuple(sorted(names)) for namespace, names in makes.items()},
        {resource: tuple(sorted(verbs)) for resource, verbs in rights.items()},
    )
