"""The script of the migrations' Job: what is wrong is one line, and nothing reaches a cluster but its own Job."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from lab_helpers import shell

_SCRIPT = "_shared/scripts/migrate/run-migration-job.sh"
# A cluster with a namespace and its Secrets, where a Job of that name was made by $OWNER; it takes no change.
_KUBECTL = """#!/bin/sh
case "$*" in
    kustomize*) exec "$REAL" "$@" ;;
    "get --raw /version"*) echo '{}' ;;
    *"get job"*managed-by*) [ -z "$REFUSAL" ] || { echo "$REFUSAL" >&2; exit 1; }; printf 'uid %s' "$OWNER" ;;
    *"get namespace"* | *"get secret"*) echo there ;;
    *) echo "unexpected: $*" >&2; exit 64 ;;
esac
"""


def _run(repository: Path, *arguments: str, **variables: str) -> shell.Completed:
    return shell.run([repository / _SCRIPT, *arguments], env={**os.environ, **variables}, check=False, timeout=300)


def _program(directory: Path, name: str, text: str) -> str:
    """A PATH on which a program comes first."""
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)
    return f"{directory}{os.pathsep}{os.environ['PATH']}"


def test_a_dry_run_needs_no_cluster_and_shows_all_of_it(template: Path) -> None:
    shown = _run(template, "--dry-run", KUBECONFIG="/nonexistent")
    assert shown.returncode == 0, shown
    config, job = yaml.safe_load_all(shown.stdout)
    assert sorted(config["data"]) == sorted(path.name for path in (template / "_shared/migrations").glob("*.sql"))
    assert config["immutable"] is True
    suffix = config["metadata"]["name"].removeprefix("migrations-")
    assert job["metadata"]["name"] == f"migrate-{suffix}"
    pod = job["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "migrations", "configMap": {"name": f"migrations-{suffix}"}}]
    assert f"#   {max(config['data'])}" in shown.stdout


def test_other_files_are_another_job(deploy_repository: Path) -> None:
    names = []
    for text in ("select 1", "select 2", "select 1"):
        (deploy_repository / "_shared/migrations/006_more.sql").write_text(f"-- +goose Up\n{text};\n")
        names.append(_run(deploy_repository, "--dry-run").stdout.split()[1])
    assert names[0] == names[2] != names[1]


def test_a_name_of_digits_alone_is_still_a_name(template: Path, tmp_path: Path) -> None:
    path = _program(tmp_path, "sha256sum", '#!/bin/sh\ncat >/dev/null\necho "01234567890123456789  -"\n')
    shown = _run(template, "--dry-run", PATH=path)
    assert shown.returncode == 0, shown
    assert "job/migrate-0123456789" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("--help",), 0, ""),
        (("--sideways",), 2, "arguments: there is no option --sideways"),
        (("prj-01", "--sideways"), 2, "arguments: there is no option --sideways"),
        (("a", "1", "b"), 2, "arguments: at most two"),
        (("prj-01", "soon"), 2, "arguments: soon is not a number of seconds"),
        (("prj-01", "007"), 2, "arguments: 007 is not a number of seconds"),
        (("",), 2, "arguments: one of them is empty"),
        ((), 1, "the cluster does not answer: "),
    ],
)
def test_what_is_typed_wrongly_is_said(template: Path, arguments: tuple[str, ...], code: int, reason: str) -> None:
    ended = _run(template, *arguments, KUBECONFIG="/nonexistent")
    assert (ended.returncode, reason in ended.stderr) == (code, True), ended
    assert code == 0 or ended.stderr.count("\n") == 2, "the reason, and the next command"


def test_a_file_that_is_no_migration_is_refused(deploy_repository: Path) -> None:
    (deploy_repository / "_shared/migrations/add_currency.sql").touch()
    ended = _run(deploy_repository, "--dry-run")
    assert ended.returncode == 1
    assert "add_currency.sql: is called no migration" in ended.stderr


def test_a_job_of_that_name_that_something_else_made_is_left_alone(template: Path, tmp_path: Path) -> None:
    real = shell.run(["sh", "-c", "command -v kubectl"]).stdout.strip()
    ended = _run(template, PATH=_program(tmp_path, "kubectl", _KUBECTL), REAL=real, OWNER="Helm")
    assert (ended.returncode, "was made by something else, and is left alone" in ended.stderr) == (1, True), ended
    assert "unexpected" not in ended.stderr


def test_what_the_cluster_refuses_is_said_with_the_next_command(template: Path, tmp_path: Path) -> None:
    path, refusal = _program(tmp_path, "kubectl", _KUBECTL), "Error from server (Forbidden): jobs.batch is forbidden"
    real = shell.run(["sh", "-c", "command -v kubectl"]).stdout.strip()
    ended = _run(template, PATH=path, REAL=real, REFUSAL=refusal)
    assert ended.returncode == 1
    reason, next_step = ended.stderr.splitlines()
    assert reason.endswith(f"in prj-01: cannot get it: {refusal}")
    assert next_step.endswith("kubectl -n prj-01 auth can-i --list")
