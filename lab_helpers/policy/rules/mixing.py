"""An App and a Deploy repository are two: neither holds what is the other's."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.kind import Kind, is_aside, is_dockerfile, is_manifest
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part


@rule(
    "app-and-deploy",
    section="1.1",
    kinds=[Kind.COMBINED],
    severity=Severity.WARNING,
    title=gettext_noop("App and Deploy are two repositories"),
    why=gettext_noop(
        "With both in one, a setting changed for a server makes a new release, and a rollback takes both back."
    ),
    fix=gettext_noop(
        "Move the manifests into a Deploy repository of their own; what connects the two is an image tag."
    ),
)
def app_and_deploy(part: Part) -> Iterator[Violation]:
    """A repository with an application and its manifests: once, however many files there are."""
    manifest = next(file for file in part.files if is_manifest(file) and not is_aside(file))
    yield Violation(manifest.path, 1, _("App and Deploy live together (1.1)"))


@rule(
    "deploy-dockerfile",
    section="2.3",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("A Dockerfile lies beside the source it builds"),
    why=gettext_noop(
        "Beside the manifests nobody can tell which version of the source it fits, and a rollback builds the wrong one."
    ),
    fix=gettext_noop("Move it to the App repository; here only the tag of the image it makes is named."),
)
def dockerfiles(part: Part) -> Iterator[Violation]:
    """Dockerfiles in a Deploy repository."""
    for file in part.files:
        if is_dockerfile(file):
            yield Violation(file.path, 1, _("a Dockerfile in a Deploy repository"), file.name)
