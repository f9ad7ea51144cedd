"""A kustomization file: what it names, and whether that is of this repository."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from lab_helpers.policy.manifests.nodes import Items, Map, Origin

__all__ = ["FILES", "Kustomization", "is_remote"]

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names that a kustomization's file may have."""

_REMOTE = re.compile(
    r"^(?:[a-z+]+:{1,2}//|[\w.-]+@|(?:git::)|[\w-]+(?:\.[\w-]+)+/[\w.-]+/|[^ ]*\?(?:ref|version|timeout)=)"
)


@dataclass(frozen=True)
class Kustomization:
    """A kustomization file.

    Attributes:
        file: Its path.
        directory: Where it lies.
        content: What it says.
    """

    file: str
    directory: str
    content: Map

    @property
    def is_component(self) -> bool:
        """Whether it changes what others deploy."""
        return self.content.get("kind") == "Component"

    def entries(self, *keys: str) -> list[tuple[str, Origin]]:
        """The texts of some lists, each with its place."""
        lists = [items for key in keys if isinstance(items := self.content.get(key), Items)]
        return [
            (item, origin)
            for items in lists
            for item, origin in zip(items, items.origins, strict=True)
            if isinstance(item, str)
        ]

    def path(self, entry: str) -> str:
        """The path of what an entry names."""
        return posixpath.normpath(posixpath.join(self.directory, entry))

    @property
    def references(self) -> list[str]:
        """The paths of all kustomizations and files that it is made of."""
        return [
            self.path(entry) for entry, _o in self.entries("resources", "bases", "components") if not is_remote(entry)
        ]


def is_remote(entry: str) -> bool:
    """Whether an entry of ``resources:`` names something that is fetched: a repository, an address."""
    return not entry.startswith((".", "/")) and _REMOTE.match(entry) is not None
