"""The scripts that make, seal and encrypt secret values: what they refuse, and that nothing is left half made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers import shell

_PROJECTS = ("prj-01", "prj-02", "prj-03", "prj-04")


def run(repository: Path, script: str, *arguments: str, path: str = "") -> shell.Completed:
    file = repository / "_shared/scripts/env" / script
    environment = {"PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]}
    return shell.run([file, *arguments], check=False, env=environment)


def values(repository: Path) -> dict[str, str]:
    directory = repository / "k8s/overlays/staging/secrets"
    return {file.stem: file.read_text() for file in sorted(directory.glob("*.env"))}


def everything(repository: Path) -> set[Path]:
    return {path.relative_to(repository) for path in repository.rglob("*")}


def test_a_dry_run_makes_nothing(deploy_repository: Path) -> None:
    before = everything(deploy_repository)
    shown = run(deploy_repository, "setup_env_secure.sh", "--dry-run", "staging")
    assert [line.rpartition("/")[2] for line in shown.stdout.splitlines()] == [
        "prj-01.env: POSTGRES_PASSWORD DATABASE_URL",
        "prj-02.env: API_KEY DATABASE_URL",
        "prj-03.env: DATABASE_URL",
        "prj-04.env: DATABASE_URL",
    ]
    assert everything(deploy_repository) == before


def test_a_key_that_came_later_is_added_and_the_others_stay(deploy_repository: Path) -> None:
    run(deploy_repository, "setup_env_secure.sh", "staging")
    before = values(deploy_repository)
    reference = deploy_repository / "k8s/base/secrets/prj-02.env.example"
    reference.write_text(f"{reference.read_text()}\nTOKEN=\n")
    completed = run(deploy_repository, "setup_env_secure.sh", "staging")
    assert f"completed {deploy_repository}/k8s/overlays/staging/secrets/prj-02.env\n" in completed.stdout
    after = values(deploy_repository)
    name, _, token = after["prj-02"].removeprefix(before["prj-02"]).strip().partition("=")
    assert (name, len(token)) == ("TOKEN", 48)
    assert {**after, "prj-02": before["prj-02"]} == before
    file = deploy_repository / "k8s/overlays/staging/secrets/prj-02.env"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("project", ["prj-01", "prj-04"])
def test_two_passwords_of_one_database_are_refused_and_nothing_is_made(deploy_repository: Path, project: str) -> None:
    run(deploy_repository, "setup_env_secure.sh", "staging")
    directory = deploy_repository / "k8s/overlays/staging/secrets"
    file = directory / f"{project}.env"
    file.write_text(file.read_text().replace("://lab:", "://lab:other"))
    (directory / "prj-02.env").unlink()
    before = everything(deploy_repository)
    refused = run(deploy_repository, "setup_env_secure.sh", "staging")
    assert refused.returncode == 1
    assert "it has another password of the database than prj-0" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert everything(deploy_repository) == before
    assert "other" not in refused.stderr.replace("another", "")


def test_a_file_that_cannot_be_made_leaves_none(deploy_repository: Path, tmp_path: Path) -> None:
    before = everything(deploy_repository)
    (tmp_path / "ln").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "ln").chmod(0o755)
    refused = run(deploy_repository, "setup_env_secure.sh", "staging", path=str(tmp_path))
    assert refused.returncode == 1
    assert "prj-01.env: somebody else has made it just now, or it cannot be made; next: ls -la " in refused.stderr
    assert everything(deploy_repository) == before


@pytest.mark.parametrize(
    ("script", "arguments", "reason"),
    [
        ("seal_env.sh", ["staging"], "it has no values to seal; next: "),
        ("seal_env.sh", ["staging", "prj-02"], "prj-02.env: it is not there, or empty; next: "),
        (
            "seal_env.sh",
            ["--cert", "/none", "staging"],
            "/none: it is not there, or empty; next: kubeseal --fetch-cert",
        ),
        ("sops_env.sh", ["encrypt", "staging"], ".sops.yaml: it is not there, and so nobody is named who may decrypt"),
        ("sops_env.sh", ["decrypt", "staging"], "nothing is encrypted there; next: "),
    ],
)
def test_what_is_missing_is_one_line_with_the_next_command(
    script: str, arguments: list[str], reason: str, deploy_repository: Path, tmp_path: Path
) -> None:
    for program in ("kubeseal", "sops"):  # neither is asked
        (tmp_path / program).write_text("#!/bin/sh\nexit 99\n")
        (tmp_path / program).chmod(0o755)
    before = everything(deploy_repository)
    refused = run(deploy_repository, script, *arguments, path=str(tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert reason in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert everything(deploy_repository) == before


def test_what_would_be_sealed_is_said_without_a_cluster(deploy_repository: Path) -> None:
    run(deploy_repository, "setup_env_secure.sh", "staging")
    before = everything(deploy_repository)
    shown = run(deploy_repository, "seal_env.sh", "--dry-run", "staging").stdout
    for project in _PROJECTS:
        assert (
            f"secrets/{project}.env as {deploy_repository}/_shared/secrets/sealed/staging/{project}-secrets.yaml"
            in shown
        )
    assert everything(deploy_repository) == before


@pytest.mark.parametrize("program", ["sh", "bash"])
def test_the_documented_change_of_the_databases_password_tells_psql_and_nobody_else(
    program: str, deploy_repository: Path, tmp_path: Path
) -> None:
    text = (deploy_repository / "_shared/secrets/README.md").read_text()
    commands = text[text.index("rm k8s/overlays/staging/secrets/*.env") :].partition("```")[0]
    (tmp_path / "kubectl").write_text(
        '#!/bin/sh\necho "$@" >>"$HOME/arguments"\n[ "$3" != exec ] || cat >"$HOME/sql"\n'
    )
    (tmp_path / "kubectl").chmod(0o755)
    run(deploy_repository, "setup_env_secure.sh", "staging")
    before = values(deploy_repository)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    shell.run([program, "-euc", commands], cwd=deploy_repository, env=environment)
    after = values(deploy_repository)
    password = after["prj-01"].partition("\n")[0].removeprefix("POSTGRES_PASSWORD=")
    assert password not in "".join(before.values())
    assert all(f"://lab:{password}@" in text for text in after.values())
    assert (tmp_path / "sql").read_text() == f"ALTER ROLE lab PASSWORD '{password}';\n"
    arguments = (tmp_path / "arguments").read_text()
    assert password not in arguments
    assert "apply -k k8s/overlays/staging\n" in arguments
