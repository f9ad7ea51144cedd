"""The scripts that make, seal and encrypt secret values: what they refuse, and that nothing is left half made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers import shell

# What is sealed, as which Secret.
_SECRETS = {
    "prj-01": "prj-01-secrets",
    "prj-01.postgresql": "postgresql-secrets",
    "prj-02": "prj-02-secrets",
    "prj-03": "prj-03-secrets",
    "prj-04": "prj-04-secrets",
    "prj-04.redis": "redis-secrets",
}


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
        "prj-01.env: DATABASE_URL BROKER_URL",
        "prj-01.postgresql.env: POSTGRES_PASSWORD PRJ_01_PASSWORD PRJ_02_PASSWORD PRJ_03_PASSWORD PRJ_04_PASSWORD "
        "DATABASE_URL",
        "prj-02.env: API_KEY DATABASE_URL",
        "prj-03.env: DATABASE_URL",
        "prj-04.env: DATABASE_URL BROKER_URL",
        "prj-04.redis.env: REDIS_PASSWORD",
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


def test_a_file_that_was_edited_by_hand_is_completed_line_by_line(deploy_repository: Path) -> None:
    run(deploy_repository, "setup_env_secure.sh", "staging")
    before = values(deploy_repository)
    directory = deploy_repository / "k8s/overlays/staging/secrets"
    login = before["prj-02"].splitlines()[1]
    (directory / "prj-02.env").write_text(f"SMTP_HOST=\nAPI_KEY=\n{login}")
    (directory / "prj-04.redis.env").write_text("REDIS_PASSWORD=")
    (directory / "prj-01.postgresql.env").unlink()
    assert run(deploy_repository, "setup_env_secure.sh", "staging").returncode == 0
    after = values(deploy_repository)
    own, url, key = after["prj-02"].splitlines()
    assert (own, url, key.partition("=")[0], len(key)) == ("SMTP_HOST=", login, "API_KEY", 56)
    assert after["prj-04.redis"] == before["prj-04.redis"]
    assert f"PRJ_02_PASSWORD={login.split(':')[2].partition('@')[0]}\n" in after["prj-01.postgresql"]


@pytest.mark.parametrize(
    ("project", "login", "mark"),
    [("prj-01", "prj_01", "://prj_01:"), ("prj-03", "prj_03", "://prj_03:"), ("prj-04", "redis", "redis://:")],
)
def test_two_passwords_of_one_login_are_refused_and_nothing_is_made(
    deploy_repository: Path, project: str, login: str, mark: str
) -> None:
    run(deploy_repository, "setup_env_secure.sh", "staging")
    directory = deploy_repository / "k8s/overlays/staging/secrets"
    file = directory / f"{project}.env"
    file.write_text(file.read_text().replace(mark, f"{mark}other"))
    (directory / "prj-02.env").unlink()
    before = everything(deploy_repository)
    refused = run(deploy_repository, "setup_env_secure.sh", "staging")
    assert refused.returncode == 1
    assert f"it has another password of {login} than prj-0" in refused.stderr
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


def test_who_stops_reading_leaves_neither_half_of_the_files_nor_their_values(deploy_repository: Path) -> None:
    script = deploy_repository / "_shared/scripts/env/setup_env_secure.sh"
    shell.run(["sh", "-c", f"{script} staging | true"])
    assert len(values(deploy_repository)) == len(_SECRETS)
    assert not list((deploy_repository / "k8s/overlays/staging/secrets").glob(".making.*"))


@pytest.mark.parametrize("arguments", [["seal_env.sh", "staging", "prj-02"], ["sops_env.sh", "encrypt", "staging"]])
def test_a_line_that_is_no_assignment_is_named_by_its_number_and_not_shown(
    arguments: list[str], deploy_repository: Path, tmp_path: Path
) -> None:
    for program in ("kubeseal", "sops"):
        (tmp_path / program).write_text("#!/bin/sh\nexit 99\n")
        (tmp_path / program).chmod(0o755)
    rules = deploy_repository / "_shared/secrets/sops/.sops.yaml"
    rules.parent.mkdir(exist_ok=True)
    rules.touch()
    file = deploy_repository / "k8s/overlays/staging/secrets/prj-02.env"
    file.parent.mkdir(exist_ok=True)
    file.write_text("# by hand\nAPI_KEY=first\nhalf of a secret value\n")
    refused = run(deploy_repository, *arguments, path=str(tmp_path))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"{file}: line 3 is not KEY=value; next: vi +3 {file}\n" in refused.stderr
    assert "half of" not in refused.stdout + refused.stderr


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
    for file, secret in _SECRETS.items():
        assert f"secrets/{file}.env as {deploy_repository}/_shared/secrets/sealed/staging/{secret}.yaml" in shown
    assert everything(deploy_repository) == before


@pytest.mark.parametrize("indent", ["  ", ""])
def test_what_was_sealed_by_hand_stays_listed(indent: str, deploy_repository: Path, tmp_path: Path) -> None:
    for program in ("kubectl", "kubeseal"):
        (tmp_path / program).write_text("#!/bin/sh\necho sealed\n")
        (tmp_path / program).chmod(0o755)
    run(deploy_repository, "setup_env_secure.sh", "staging")
    directory = deploy_repository / "_shared/secrets/sealed/staging"
    file = directory / "kustomization.yaml"
    beginning = file.read_text().removesuffix("resources: []\n")
    listed = "".join(f"{indent}- {name}\n" for name in ("smtp.yaml", "prj-03-secrets.yaml", "../mail-secrets.yaml"))
    file.write_text(f"{beginning}resources:\n{listed}\npatches:\n  - path: labels.yaml\n")  # prj-03's was deleted
    for project in ("prj-01", "prj-02", "prj-02"):
        assert run(deploy_repository, "seal_env.sh", "staging", project, path=str(tmp_path)).returncode == 0
    listed = "".join(
        f"  - {name}\n" for name in ("../mail-secrets.yaml", "prj-01-secrets.yaml", "prj-02-secrets.yaml", "smtp.yaml")
    )
    assert file.read_text() == f"{beginning}resources:\n{listed}patches:\n  - path: labels.yaml\n"


@pytest.mark.parametrize("resources", ["[smtp.yaml]", "[\n  smtp.yaml,\n]"])
def test_a_list_in_brackets_is_refused_before_anything_is_sealed(resources: str, deploy_repository: Path) -> None:
    run(deploy_repository, "setup_env_secure.sh", "staging")
    file = deploy_repository / "_shared/secrets/sealed/staging/kustomization.yaml"
    file.write_text(file.read_text().replace("resources: []", f"resources: {resources}"))
    before = everything(deploy_repository)
    refused = run(deploy_repository, "seal_env.sh", "staging")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "sealed/staging/kustomization.yaml: its resources stand in brackets; next: write each on" in refused.stderr
    assert everything(deploy_repository) == before


def test_a_file_from_before_the_logins_keeps_the_owners_password_and_says_what_to_do(deploy_repository: Path) -> None:
    old = deploy_repository / "k8s/overlays/staging/secrets/prj-01.env"
    old.write_text("POSTGRES_PASSWORD=before\nDATABASE_URL=postgresql://lab:before@db.prj-01/lab\n")
    printed = run(deploy_repository, "setup_env_secure.sh", "staging").stdout
    assert values(deploy_repository)["prj-01.postgresql"].startswith("POSTGRES_PASSWORD=before\n")
    assert f"completed {old}\n" in printed
    printed = run(deploy_repository, "setup_env_secure.sh", "staging").stdout
    assert printed.count("still logs in as lab, the owner of the database: delete it, and run this again") == 1
    old.unlink()
    assert "lab" not in run(deploy_repository, "setup_env_secure.sh", "staging").stdout.replace(
        str(deploy_repository), ""
    )
    assert values(deploy_repository)["prj-01"].startswith("DATABASE_URL=postgresql://prj_01:")


@pytest.mark.parametrize("program", ["sh", "bash"])
def test_the_documented_change_of_all_passwords_restarts_the_servers_before_whoever_asks_them(
    program: str, deploy_repository: Path, tmp_path: Path
) -> None:
    text = (deploy_repository / "_shared/secrets/README.md").read_text()
    commands = text[text.index("rm -f k8s/overlays/staging/secrets/*.env") :].partition("```")[0]
    (tmp_path / "kubectl").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >>"$HOME/arguments"\n')
    (tmp_path / "kubectl").chmod(0o755)
    run(deploy_repository, "setup_env_secure.sh", "staging")
    before = values(deploy_repository)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    shell.run([program, "-euc", commands], cwd=deploy_repository, env=environment)
    after = values(deploy_repository)
    assert not {*before["prj-01.postgresql"].split()} & {*after["prj-01.postgresql"].split()}
    assert (tmp_path / "arguments").read_text().splitlines() == [
        "apply -k k8s/overlays/staging",
        "-n prj-01 rollout restart statefulset/postgresql",
        "-n prj-04 rollout restart statefulset/redis",
        *(f"-n {project} rollout restart deployment" for project in ("prj-01", "prj-02", "prj-04")),
    ]
