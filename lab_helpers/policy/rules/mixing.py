"""An App and a Deploy repository are two, in whatever way they are mixed."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.kind import Kind, is_aside, is_manifest, is_tooling
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part


@rule(
    "app-and-deploy",
    section="1.1",
    kinds=[Kind.COMBINED],
    severity=Severity.WARNING,
    title=gettext_noop("App and Deploy are two repositories"),
    why=gettext_noop(
        "In one, a server's setting makes a new release, and a rollback takes code and settings back at once."
    ),
    fix=gettext_noop("Move the manifests into a Deploy repository; all that connects the two is an image tag."),
)
def app_and_deploy(part: Part) -> Iterator[Violation]:
    """A repository with an application and its manifests: once, however many files there are."""
    manifests = (file for file in part.files if is_manifest(file) and not (is_aside(file) or is_tooling(file)))
    manifest = next(file for file in manifests if not file.path.startswith("."))
    yield Violation(manifest.path, 1, _("App and Deploy live together (1.1)"))
