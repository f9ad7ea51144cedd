"""How an application is run on a server is no part of an App repository."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.compose import is_compose, use_on_server
from lab_helpers.policy.kind import Kind, is_aside, is_manifest, is_tooling
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part


@rule(
    "app-compose",
    section="1.1",
    kinds=[Kind.APP, Kind.COMBINED, Kind.REST],
    title=gettext_noop("Compose is for local development"),
    why=gettext_noop("A second description of how it runs, beside the manifests, drifts from what the cluster does."),
    fix=gettext_noop(
        "Describe it as manifests in the Deploy repository; keep a compose file that builds the working tree."
    ),
)
def compose_files(part: Part) -> Iterator[Violation]:
    """Compose files that run an application on a server."""
    for file in part.files:
        if is_compose(file) and (use := use_on_server(file)) is not None:
            message = _("a compose file for a server: {evidence}").format(evidence=use)
            yield Violation(file.path, 1, message, file.name)


@rule(
    "app-manifest",
    section="1.1",
    kinds=[Kind.APP],
    title=gettext_noop("Manifests lie in the Deploy repository"),
    why=gettext_noop("With them in it, a change for a server makes a new release of the application."),
    fix=gettext_noop("Move them to the Deploy repository, which names this application's image by its tag."),
)
def manifests(part: Part) -> Iterator[Violation]:
    """Manifests in an App repository: once for each topmost directory that holds some."""
    directories: dict[str, str] = {}
    for file in part.files:
        is_elsewhere = is_aside(file) or is_tooling(file)
        if is_manifest(file) and not is_elsewhere and not file.path.startswith("."):
            relative = file.path.removeprefix(f"{part.directory}/" if part.directory else "")
            directories.setdefault(relative.partition("/")[0], file.path)
    for directory, path in directories.items():
        yield Violation(path, 1, _("Kubernetes objects in an App repository"), directory)
