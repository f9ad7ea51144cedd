"""From commit to image: one script for all applications, whose tags name a commit, and whose images name their tag."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import checkout
from lab_helpers.images import applications
from tests.unit.app import pipeline
from tests.unit.app.pipeline import AppRepository

DIRECTORIES = [checkout.app_directory() / name for name in applications.names()]


@pytest.fixture
def repository(tmp_path: Path) -> AppRepository:
    return pipeline.make(tmp_path)


def _workflow(directory: Path) -> dict[str, Any]:
    """An application's workflow, without how it gets its language and the servers that its tests need."""
    workflow: dict[str, Any] = yaml.safe_load((directory / ".github/workflows/ci.yml").read_text())
    for job in workflow["jobs"].values():
        job.pop("services", None)
        job.pop("env", None)
        job["steps"] = [step for step in job["steps"] if not step.get("uses", "").startswith("actions/setup-")]
    return workflow


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda directory: directory.name)
def test_every_application_has_the_same_script_and_a_workflow_that_calls_it(directory: Path) -> None:
    script = directory / "scripts/ci.sh"
    assert script.read_bytes() == pipeline.SCRIPT.read_bytes(), f"cp {pipeline.SCRIPT} {script}"
    assert script.stat().st_mode & 0o111
    workflow = _workflow(directory)
    assert workflow == _workflow(DIRECTORIES[0])
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert commands == ["scripts/ci.sh test", "scripts/ci.sh build", "scripts/ci.sh push"]


def test_our_own_workflow_gives_them_the_services_that_theirs_do() -> None:
    ours = yaml.safe_load((checkout.source_directory() / ".github/workflows/test.yml").read_text())["jobs"]
    for directory in DIRECTORIES:
        theirs = yaml.safe_load((directory / ".github/workflows/ci.yml").read_text())["jobs"]["test"]
        for key in ("services", "env"):
            assert theirs.get(key, {}).items() <= ours["applications"][key].items(), directory.name


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda directory: directory.name)
def test_every_dockerfile_takes_its_base_version_and_revision(directory: Path) -> None:
    lines = (directory / "Dockerfile").read_text().splitlines()
    names = [line.removeprefix("ARG ").partition("=")[0] for line in lines if line.startswith("ARG ")]
    assert {"BASE_IMAGE", "VERSION", "REVISION"} <= set(names)
    (base,) = (line.partition("=")[2] for line in lines if line.startswith("ARG BASE_IMAGE="))
    assert base.startswith("docker.io/library/"), "BASE_REGISTRY stands for docker.io"
    assert ":" in base


@pytest.mark.parametrize("part", ["infra", *(f"app/{directory.name}" for directory in DIRECTORIES)])
def test_every_part_of_the_template_says_that_it_is_one(part: str) -> None:
    stamp = tomllib.loads((checkout.source_directory() / part / ".template.toml").read_text())
    assert stamp["part"] == part
    assert stamp["template"] == "k8s-architecture-lab"


def test_a_commit_is_named_by_seven_digits_with_a_prefix(repository: AppRepository) -> None:
    assert repository.run("tag").stdout == f"sha-{repository.git('rev-parse', 'HEAD')[:7]}\n"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["v1.2.3"], "v1.2.3"),
        (["v1.9.0", "v1.10.0"], "v1.10.0"),
        (["nightly", "v2.0.0", "v2.0.0-rc.1", "v2"], "v2.0.0"),
        (["v1.2", "1.2.3", "latest", "v1.2.3.4"], "sha"),
    ],
    ids=" ".join,
)
def test_a_release_is_named_by_the_version_that_its_commit_carries(
    tags: list[str], expected: str, repository: AppRepository
) -> None:
    for tag in tags:
        repository.git("tag", tag)
    name = repository.run("tag").stdout.strip()
    assert name == (expected if expected != "sha" else f"sha-{repository.git('rev-parse', 'HEAD')[:7]}")


def test_an_annotated_tag_counts_and_one_of_an_earlier_commit_does_not(repository: AppRepository) -> None:
    repository.git("tag", "--annotate", "--message", "release", "v1.0.0")
    assert repository.run("tag").stdout == "v1.0.0\n"
    repository.commit()
    assert repository.run("tag").stdout.startswith("sha-")


@pytest.mark.parametrize("change", ["changed", "staged", "new"])
@pytest.mark.parametrize("command", ["tag", "build", "push"])
def test_what_is_not_committed_has_no_tag(change: str, command: str, repository: AppRepository) -> None:
    file = "another" if change == "new" else "Dockerfile"
    (repository.directory / file).write_text("FROM scratch\n")
    if change == "staged":
        repository.git("add", file)
    refused = repository.run(command)
    assert refused.returncode == 1
    assert not refused.stdout
    assert file in refused.stderr
    assert "next: git add" in refused.stderr


def test_what_git_ignores_does_not_count(repository: AppRepository) -> None:
    (repository.directory / "debug.log").write_text("")
    assert repository.run("tag").returncode == 0


def test_a_repository_without_a_commit_is_an_error_with_the_next_command(tmp_path: Path) -> None:
    repository = pipeline.make(tmp_path)
    repository.git("update-ref", "-d", "HEAD")
    refused = repository.run("tag")
    assert refused.returncode == 1
    assert "next: git add . && git commit" in refused.stderr


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://github.com/Org/App.git", "ghcr.io/org/app"),
        ("https://github.com/org/app", "ghcr.io/org/app"),
        ("git@github.com:org/app.git", "ghcr.io/org/app"),
        ("ssh://git@github.com:22/org/app.git", "ghcr.io/org/app"),
        ("https://gitlab.example.com/group/team/app.git", "ghcr.io/group/team/app"),
    ],
)
def test_an_image_is_called_after_the_remote(origin: str, name: str, repository: AppRepository) -> None:
    repository.git("remote", "add", "origin", origin)
    tag = repository.run("tag").stdout.strip()
    assert repository.run("build").stdout == f"built {name}:{tag}\n"


@pytest.mark.parametrize("origin", ["/srv/git/app.git", "../app", "file:///srv/git/app.git"])
def test_no_image_is_called_after_a_directory(origin: str, repository: AppRepository) -> None:
    repository.git("remote", "add", "origin", origin)
    refused = repository.run("build")
    assert refused.returncode == 1
    assert f"origin is a directory, {origin}," in refused.stderr
    assert "next: export IMAGE_REPOSITORY=org/app" in refused.stderr


def test_without_a_remote_it_is_said_what_to_set(repository: AppRepository) -> None:
    refused = repository.run("build")
    assert refused.returncode == 1
    assert "next: export IMAGE_REPOSITORY=org/app" in refused.stderr


def test_the_image_is_made_of_what_is_committed_and_says_which_commit_that_is(repository: AppRepository) -> None:
    repository.git("tag", "v1.0.0")
    (repository.directory / "debug.log").write_text("")
    built = repository.run("build", REGISTRY="registry.example.com:5000/team", IMAGE_REPOSITORY="org/app")
    revision = repository.git("rev-parse", "HEAD")
    command, *files = repository.record.splitlines()
    assert built.stdout == "built registry.example.com:5000/team/org/app:v1.0.0\n"
    assert sorted(files) == [".gitignore", ".template.toml", "Dockerfile", "scripts"]
    for option in (
        "--build-arg VERSION=v1.0.0",
        f"--build-arg REVISION={revision}",
        "--label org.opencontainers.image.version=v1.0.0",
        f"--label org.opencontainers.image.revision={revision}",
        "--label lab.template.version=1.2.3",
        f"--timestamp {repository.git('log', '-1', '--format=%ct')}",
    ):
        assert option in command
    assert "BASE_IMAGE" not in command


@pytest.mark.parametrize(
    ("environment", "base"),
    [
        ({"BASE_REGISTRY": "mirror.example.com/hub"}, "mirror.example.com/hub/library/node:24"),
        ({"BASE_IMAGE": "lab.local/node:1"}, "lab.local/node:1"),
        ({"BASE_IMAGE": "lab.local/node:1", "BASE_REGISTRY": "mirror.example.com"}, "lab.local/node:1"),
    ],
)
def test_the_base_can_come_from_elsewhere(environment: dict[str, str], base: str, repository: AppRepository) -> None:
    repository.run("build", IMAGE_REPOSITORY="org/app", **environment)
    assert f"--build-arg BASE_IMAGE={base} " in repository.record


@pytest.mark.parametrize("revision", ["", "0" * 40], ids=["never built", "built of another commit"])
def test_only_what_was_built_of_this_commit_is_pushed(revision: str, repository: AppRepository) -> None:
    refused = repository.run("push", IMAGE_REPOSITORY="org/app", BUILT_REVISION=revision)
    assert refused.returncode == 1
    assert "is not built of this commit\n  next: scripts/ci.sh build" in refused.stderr
    assert "push" not in repository.record


@pytest.mark.parametrize(("branch", "is_latest"), [("main", True), ("feature", False), ("", False)])
def test_latest_is_what_main_pushed_last(branch: str, is_latest: bool, repository: AppRepository) -> None:
    repository.git("checkout", "--quiet", *(["-B", branch] if branch else ["--detach"]))
    tag, revision = repository.run("tag").stdout.strip(), repository.git("rev-parse", "HEAD")
    pushed = repository.run("push", IMAGE_REPOSITORY="org/app", BUILT_REVISION=revision)
    expected = [f"pushed ghcr.io/org/app:{tag}@sha256:0123"] + ["pushed ghcr.io/org/app:latest@sha256:0123"] * is_latest
    assert pushed.stdout.splitlines() == expected


@pytest.mark.parametrize("arguments", [(), ("deploy",)])
def test_an_unknown_command_is_an_error_that_names_those_there_are(
    arguments: tuple[str, ...], repository: AppRepository
) -> None:
    refused = repository.run(*arguments)
    assert refused.returncode == 1
    assert "next: scripts/ci.sh test | tag | build | push" in refused.stderr


def test_a_language_without_tests_and_a_missing_lock_are_errors(repository: AppRepository) -> None:
    assert "no package.json and no pyproject.toml" in repository.run("test").stderr
    (repository.directory / "pyproject.toml").write_text("")
    assert "no requirements-dev.txt" in repository.run("test").stderr
    (repository.directory / "package.json").write_text("{}")
    refused = repository.run("test")
    assert refused.returncode == 1
    assert "no package-lock.json, which pins what the tests need\n  next: npm install" in refused.stderr
