"""What makes an image (source, build logic, dependencies, migrations) is no part of a Deploy repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy import dependencies
from lab_helpers.policy.contexts import is_test, is_tooling
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import Kind, is_dockerfile, is_manifest, is_source
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part

_FEW = 5
"""As many files of a directory are named by themselves; of more, the directory is."""

_EXCEPTION = "_shared/migrations/"
"""Where the template keeps migrations, which the architecture declares an exception (1.1)."""

# Programs that describe infrastructure are what a Deploy repository is made of.
_INFRASTRUCTURE = ("Pulumi.yaml", "Pulumi.yml", "cdk.json", "cdk8s.yaml", "cdktf.json")
_OF_TOOLS = re.compile(
    r"(?:^|/)(?:[\w.-]*\.(?:config|dashboard)|[\w.-]*rc|gulpfile|gruntfile|conftest|commitlint|noxfile|tasks|fabfile|dangerfile)\.\w+$"
    r"|(?:^|/)(?:roles|library|filter_plugins|action_plugins|callback_plugins|module_utils|inventory|molecule"
    r"|dashboards|website|\.\w[\w-]*)/",
    re.IGNORECASE,
)
_BUILDS = re.compile(
    r"""^(?![ \t]*(?:\#|//|echo\b|@echo\b)).*?(?:
        \b(?:docker|podman|nerdctl)\s+(?:buildx\s+|image\s+)?build\b(?!x) | \bbuildah\s+(?:bud|build)\b
        | docker[-\ ]compose\s[^\n#]*\bbuild\b
        | docker/build-push-action | kaniko-project/executor | \bko\s+(?:build|publish)\b | \bpack\s+build\b
        | redhat-actions/buildah-build
        | \bmvnw?\b[^\n]*\s(?:package|install|deploy)\b | \bgradlew?\b[^\n]*\s(?:build|assemble|bootJar|jib)\b
        | \bcargo\s+build\b
        | ^[ \t]*(?:-[ \t]*)?docker_build\( )""",
    re.VERBOSE | re.MULTILINE,
)
_SKAFFOLD = re.compile(r"^build:[ ]*\n(?:[ ].*\n|\n)*?[ ]+artifacts:", re.MULTILINE)
_SCRIPT = re.compile(
    r"\.(?:sh|bash|ps1|cmd|bat|mk)$|(?:^|/)(?:makefile|gnumakefile|justfile|\.justfile|tiltfile|jenkinsfile|taskfile[\w.-]*)$"
    r"|^\.(?:github/workflows|circleci|buildkite)/|(?:^|/)(?:\.gitlab-ci|\.travis|\.drone|azure-pipelines|cloudbuild"
    r"|buildspec|bitbucket-pipelines)[\w.-]*\.ya?ml$|(?:^|/)taskfiles?/|\.just$",
    re.IGNORECASE,
)
_MIGRATIONS = re.compile(r"(?:^|/)(?:migrations?|migrate|flyway|liquibase|alembic)/", re.IGNORECASE)
_VERSIONED = re.compile(r"(?:^|/)[VUR]\d[\d._]*__\w+\.sql$")
_CHANGES_TABLES = re.compile(r"^[ \t]*(?:CREATE|ALTER|DROP)\s+(?:UNLOGGED\s+)?TABLE\b", re.IGNORECASE | re.MULTILINE)


@rule(
    "deploy-dockerfile",
    section="2.3",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("A Dockerfile lies beside the source it builds"),
    why=gettext_noop(
        "Beside manifests nobody can tell which source it fits, so that a rollback may build the wrong image."
    ),
    fix=gettext_noop("Move it to the App repository; here only the tag of the image it makes is named."),
)
def dockerfiles(part: Part) -> Iterator[Violation]:
    """Dockerfiles in a Deploy repository."""
    for file in part.files:
        if is_dockerfile(file) and not is_test(file):
            yield Violation(file.path, 1, _("a Dockerfile in a Deploy repository"), file.name)


@rule(
    "deploy-source",
    section="1.1",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("A Deploy repository holds no source code of an application"),
    why=gettext_noop("What is deployed is an image; source beside the manifests is another version of it."),
    fix=gettext_noop("Move it to the App repository, and deploy it as an image."),
)
def source_files(part: Part) -> Iterator[Violation]:
    """Source code of applications; scripts that deploy, and programs that describe infrastructure, are none."""
    infrastructure = {file.directory for file in part.files if file.name in _INFRASTRUCTURE}
    mounted = "\n".join(file.text for file in part.files if file.name.startswith("kustomization."))

    def is_application(file: File) -> bool:
        is_infrastructure = any(not place or file.path.startswith(f"{place}/") for place in infrastructure)
        is_of_tools = is_tooling(file) or _OF_TOOLS.search(_relative(file, part)) is not None
        return is_source(file) and not (is_infrastructure or is_of_tools or is_test(file) or file.name in mounted)

    yield from _grouped(part, is_application, _("source code in a Deploy repository"))


@rule(
    "deploy-build",
    section="3.1",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("A Deploy repository builds nothing"),
    why=gettext_noop(
        "Images are made by the App repository's CI; built elsewhere, a tag no longer says what is in it."
    ),
    fix=gettext_noop("Move the build to the App repository's CI; here the tag of its image is raised."),
)
def builds(part: Part) -> Iterator[Violation]:
    """Scripts, workflows and Skaffold files that build images: once each."""
    for file in part.files:
        is_skaffold = "skaffold" in file.name and not is_test(file)
        pattern = _SKAFFOLD if is_skaffold else _BUILDS if _SCRIPT.search(_relative(file, part)) else None
        match = pattern.search(file.text) if pattern and not is_test(file) and not is_manifest(file) else None
        if match is not None:
            yield Violation(file.path, file.line_of(match.end() - 1), _("an image or a program is built"), file.name)


@rule(
    "deploy-dependencies",
    section="1.1",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("A Deploy repository lists no dependencies of an application"),
    why=gettext_noop("They are part of the image; a list beside the manifests says nothing about what runs."),
    fix=gettext_noop("Move the list to the App repository, beside the source that needs it."),
)
def dependency_lists(part: Part) -> Iterator[Violation]:
    """Lists of packages, unless all of them are tools of whoever deploys."""
    sources = [file for file in part.files if is_source(file)]
    for file in part.files:
        if not dependencies.is_list(file) or is_tooling(file) or is_test(file):
            continue
        programs = [source for source in sources if source.suffix in dependencies.suffixes(file)]
        is_of_tools = bool(programs) and all(is_tooling(source) or is_test(source) for source in programs)
        if dependencies.is_of_application(file) and not is_of_tools:
            yield Violation(file.path, 1, _("dependencies of an application"), file.name)


@rule(
    "deploy-migration",
    section="1.1",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("Migrations belong to the application whose tables they change"),
    why=gettext_noop("A release and the tables it expects then change in two places, and one of them comes too late."),
    fix=gettext_noop("Move them into the App repository and its image; the Deploy repository runs them as a Job."),
)
def migrations(part: Part) -> Iterator[Violation]:
    """Files that change the tables of an application."""

    def is_migration(file: File) -> bool:
        relative = _relative(file, part)
        if relative.startswith(_EXCEPTION) or is_test(file) or is_manifest(file):
            return False
        if file.suffix == ".sql":
            by_name = _MIGRATIONS.search(relative) or _VERSIONED.search(relative)
            return bool(by_name or _CHANGES_TABLES.search(file.text))
        return "databaseChangeLog" in file.text and file.suffix in (".xml", ".yaml", ".yml", ".json")

    yield from _grouped(part, is_migration, _("a migration in a Deploy repository"))


def _relative(file: File, part: Part) -> str:
    return file.path.removeprefix(f"{part.directory}/") if part.directory else file.path


def _grouped(part: Part, is_wrong: Callable[[File], bool], message: str) -> Iterator[Violation]:
    """Each file that is wrong, or the topmost directory where there are many in it."""
    by_directory: dict[str, list[File]] = {}
    for file in part.files:
        if is_wrong(file):
            relative = _relative(file, part)
            top = relative.partition("/")[0] if "/" in relative else ""
            by_directory.setdefault(top, []).append(file)
    for directory, files in by_directory.items():
        if len(files) > _FEW and directory:
            yield Violation(
                files[0].path,
                1,
                message,
                _("{directory}/ ({count} files)").format(directory=directory, count=len(files)),
            )
        else:
            yield from _each(files, message)


def _each(files: Iterable[File], message: str) -> Iterator[Violation]:
    return (Violation(file.path, 1, message, file.name) for file in files)
