"""How an application is built: its Dockerfile, and the workflow that tests it, builds it and pushes the image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.dockerfile import Dockerfile
from lab_helpers.policy.checklists.evidence import Place, code_of, search
from lab_helpers.policy.checklists.subject import Subject
from lab_helpers.policy.files import File

__all__ = ["dockerfile", "workflow"]

_MANIFESTS = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*\.(?:txt|in)|requirements/[^/]+\.txt|pyproject\.toml|Pipfile|setup\.py|package\.json|go\.mod|pom\.xml"
    r"|Gemfile|build\.gradle(?:\.kts)?|Cargo\.toml|composer\.json|mix\.exs|[^/]*\.(?:cs|fs)proj|pubspec\.yaml"
    r"|build\.sbt|deno\.json)$"
)
_INSTALLS = re.compile(
    r"""\b(?: pip3?\s+install | uv\s+(?:sync|pip) | poetry\s+install | pipenv\s+(?:install|sync)
    | pdm\s+(?:install|sync)
    | npm(?:\s+\S+){0,8}?\s+(?:ci|i|install)\b | yarn(?:\s+install|\s*$|\s*&&|\s+--) | pnpm\s+(?:i|install|fetch)\b
    | bun\s+install
    | go\s+(?:build|install|mod) | cargo\s+(?:build|install|chef) | mvn\w*\b | gradlew?\b | bundle\s+install
    | composer\s+install | dotnet\s+(?:restore|publish|build) | mix\s+deps | sbt\b | dart\s+pub | make\b
    | deno\s+cache )""",
    re.VERBOSE,
)
_ROOT = re.compile(r"(?:root|0+)(?::.*)?$", re.IGNORECASE)
# Public images whose own user is not root.
_UNPRIVILEGED = re.compile(r"nonroot|rootless|unprivileged|cgr\.dev/chainguard/|^bitnami/|/bitnami/")
_WORKFLOWS = re.compile(
    r"(?:^|/)(?:\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|Jenkinsfile|azure-pipelines\.ya?ml"
    r"|\.circleci/config\.ya?ml|bitbucket-pipelines\.yml|\.woodpecker[^/]*\.ya?ml|\.tekton/[^/]+\.ya?ml|\.drone\.yml)$"
)
_RUNS_TESTS = re.compile(
    r"""\b(?: pytest | tox | nox | unittest | (?:npm|yarn|pnpm|bun|cargo|go|dotnet|mix|deno|flutter)\s+(?:run\s+)?test
    | npm\s+t\b | node\s+--test | jest | vitest | mocha | mvn\w*\s.*(?:test|verify|package|install)
    | gradlew?\s.*(?:test|check|build)
    | rspec | phpunit | make\s+[\w-]*(?:test|check|ci)\b | ctest | manage\.py\s+test )
    | \.sh\s+test\b | \brun[_-]tests\b""",
    re.VERBOSE | re.MULTILINE,
)
_BUILDS_IMAGE = re.compile(
    r"""docker/build-push-action | docker/bake-action
    | \b(?:docker|podman|buildah|nerdctl)\s+(?:buildx\s+)?(?:build|bud)\b
    | \bkaniko | \bko\s+(?:build|publish) | jib: | jibBuild | bootBuildImage | \bpack\s+build | \bbuildx\b
    | \.sh\s+build\b""",
    re.VERBOSE,
)
_PUSHES_IMAGE = re.compile(
    r"""push:\s*(?:true|\$\{\{) | \b(?:docker|podman|buildah|skopeo|crane)\s+(?:image\s+)?(?:push|copy)\b | --push\b
    | \bkaniko | \bko\s+(?:build|publish) | jib:build | publishImage | \.sh\s+push\b""",
    re.VERBOSE,
)


def dockerfile(subject: Subject) -> Iterator[Point]:
    """Whether there is a Dockerfile that installs dependencies, and makes an image that is not root's."""
    image = subject.dockerfile
    place = Place(image.path, 1, image.base) if image else None
    yield Point.of(_("a Dockerfile says how the image is built"), place, _("write a Dockerfile: FROM, COPY, USER, CMD"))
    if image is not None:
        yield _dependencies(subject, image)
        yield _user(image)
        yield _exec_form(image)


def workflow(subject: Subject) -> Iterator[Point]:
    """Whether a workflow tests, builds and pushes by itself."""
    workflows = [file for file in subject.files if _WORKFLOWS.search(file.path)]
    place = Place(workflows[0].path) if workflows else None
    yield Point.of(_("a workflow runs on every push"), place, _("write .github/workflows/ci.yml"))
    if not workflows:
        return
    judged = [*workflows, *_scripts(subject, workflows)]
    for statement, pattern, step in (
        (_("it runs the tests"), _RUNS_TESTS, _("let the workflow run the tests, by a command that says so")),
        (_("it builds the image"), _BUILDS_IMAGE, _("let the workflow build the image of the Dockerfile")),
        (_("it pushes the image"), _PUSHES_IMAGE, _("let the workflow push the image, under a tag that never moves")),
    ):
        yield Point.of(statement, search(map(code_of, judged), pattern), step)


def _dependencies(subject: Subject, image: Dockerfile) -> Point:
    statement = _("it installs what the application depends on")
    manifest = next((file for file in subject.files if _MANIFESTS.search(file.path)), None)
    if manifest is None:
        return Point(_("{what}: nothing is declared").format(what=statement), State.NOT_NEEDED)
    installing = next((each for each in image.instructions if each.word == "RUN" and _INSTALLS.search(each.rest)), None)
    step = _("install what {file} names, from its lock file, in a RUN line").format(file=manifest.path)
    return Point.of(statement, image.place(installing) if installing else None, step)


def _user(image: Dockerfile) -> Point:
    statement = _("it runs as a user that is not root")
    user = image.last("USER")
    if user is None:
        base = next((each for each in image.final if each.word == "FROM"), None)
        place = image.place(base) if base and _UNPRIVILEGED.search(image.base) else None
        return Point.of(statement, place, _("write USER 10001:10001 before CMD: a number, which Kubernetes can check"))
    name = image.resolve(user.rest)
    if "$" in name or _ROOT.match(name):
        step = _("name a user that is not root, by its number: USER 10001:10001")
        return Point(statement, State.OPEN, image.place(user) if user else None, step)
    return Point(statement, State.TICKED, image.place(user) if user else None)


def _exec_form(image: Dockerfile) -> Point:
    statement = _("it starts the program in the exec form, as a list")
    instruction = image.last("CMD") or image.last("ENTRYPOINT")
    step = _('write it as a list, so that no shell is started for it: CMD ["node", "src/main.js"]')
    if instruction is None or not image.program:
        return Point(statement, State.OPEN, image.place(instruction) if instruction else None, step)
    return Point(statement, State.TICKED, image.place(instruction) if instruction else None)


def _scripts(subject: Subject, workflows: list[File]) -> Iterator[File]:
    """The scripts and makefiles of the repository that its workflows name."""
    texts = "\n".join(file.text for file in workflows)
    for file in subject.files:
        is_script = file.suffix in (".sh", ".bash", ".ps1", ".py", ".mk") or file.parts[0] in ("scripts", "ci", ".ci")
        if (is_script and file.path in texts) or (file.name == "Makefile" and re.search(r"\bmake\b", texts)):
            yield file
