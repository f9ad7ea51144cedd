"""An App and a Deploy repository, and the image tags between them: the one thing that both name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab_helpers.workbook.pictures import words as words

__all__ = ["APP_CONTENTS", "DEPLOY_CONTENTS", "Boundary", "Reference", "RepositoryContents"]

APP_CONTENTS = (words.SOURCE, words.BUILD, words.PIPELINE, words.SCHEMA, words.TESTS, words.DOCUMENTS)
"""What an App repository holds, section 2.2."""

DEPLOY_CONTENTS = (words.WORKLOADS, words.NETWORK, words.SETTINGS, words.STORAGE, words.ENVIRONMENTS, words.SCRIPTS)
"""What a Deploy repository holds, section 3.1."""


@dataclass(frozen=True)
class RepositoryContents:
    """A repository in a picture.

    Attributes:
        name: Its directory.
        commits: How many commits its branch has.
        template: The template it came from, with version; empty where it does not say.
        files: How many files of each kind it holds, by the untranslated name of the kind.
        misplaced: The files that break a rule of the boundary.
    """

    name: str
    commits: int
    template: str
    files: Mapping[str, int]
    misplaced: Sequence[str] = ()


@dataclass(frozen=True)
class Reference:
    """An image that an environment of the Deploy repository names.

    Attributes:
        environment: The overlay, as in ``staging``.
        image: The image without its tag.
        tag: The tag; empty where none is named.
    """

    environment: str
    image: str
    tag: str


@dataclass(frozen=True)
class Boundary:
    """Both repositories and what lies between them.

    Attributes:
        app: The App repository.
        deploy: The Deploy repository.
        image: The image that the App repository builds, without a tag.
        git_tags: The tags of commits in the App repository.
        pushed: The tags that the registry has of the image.
        references: What the Deploy repository names.
    """

    app: RepositoryContents
    deploy: RepositoryContents
    image: str
    git_tags: Sequence[str]
    pushed: Sequence[str]
    references: Sequence[Reference]

    @property
    def tags(self) -> list[str]:
        """The tags of the image that either repository names, in the order in which they are drawn."""
        named = [reference.tag for reference in self.references if reference.image == self.image]
        return sorted({*self.git_tags, *filter(None, named)})

    def environments(self, tag: str) -> list[str]:
        """The environments that name a tag of the image."""
        matches = (each for each in self.references if (each.image, each.tag) == (self.image, tag))
        return [reference.environment for reference in matches]

    def is_good(self, tag: str) -> bool:
        """Whether a tag is one that the registry has and that never moves."""
        return tag in self.pushed and tag != "latest"
