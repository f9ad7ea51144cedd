"""The scripts of the Deploy repository: secrets stay private, health is every pod's, k3s is pinned."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path

import pytest

from lab_helpers import checkout, shell
from lab_helpers.errors import CommandFailed

_FILES = ("prj-01.env", "prj-01.postgresql.env", "prj-02.env", "prj-03.env", "prj-04.env", "prj-04.redis.env")


def secure(repository: Path, *arguments: str) -> shell.Completed:
    return shell.run([repository / "_shared/scripts/env/setup_env_secure.sh", *arguments])


@pytest.fixture
def secrets(deploy_repository: Path) -> Path:
    """Where the generated file of staging will lie."""
    file = deploy_repository / "k8s/overlays/staging/secrets/prj-02.env"
    assert not file.exists()
    return file


def test_secrets_are_private_and_random(deploy_repository: Path, secrets: Path) -> None:
    printed = secure(deploy_repository, "staging").stdout
    values = dict(line.split("=", 1) for line in secrets.read_text().splitlines())
    assert (list(values), len(values["API_KEY"])) == (["API_KEY", "DATABASE_URL"], 48)
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert not any(value in printed for value in values.values())
    assert {path.name for path in secrets.parent.iterdir()} == {"kustomization.yaml", *_FILES}


def test_secrets_are_never_overwritten(deploy_repository: Path, secrets: Path) -> None:
    secure(deploy_repository, "staging")
    before = secrets.read_text()
    assert "delete it first if its values should change" in secure(deploy_repository, "staging").stdout
    assert secrets.read_text() == before
    assert {path.name for path in secrets.parent.iterdir()} == {"kustomization.yaml", *_FILES}


@pytest.mark.parametrize("name", ["prj-01.env", "prj-02.env", "prj-04.env", "prj-04.redis.env"])
def test_a_file_that_is_made_anew_has_the_passwords_of_the_others(
    deploy_repository: Path, secrets: Path, name: str
) -> None:
    def passwords() -> set[str]:
        files = [(secrets.parent / name).read_text() for name in _FILES]
        return {part for text in files for part in re.findall(r"PASSWORD=(.+)|://\w*:(.+)@", text) for part in part}

    secure(deploy_repository, "staging")
    before, api_key = passwords(), secrets.read_text().splitlines()[0]
    assert len(before - {""}) == 6, "the owner's, the broker's, and one a project"
    (secrets.parent / name).unlink()
    secure(deploy_repository, "staging")
    assert passwords() == before
    assert (secrets.read_text().splitlines()[0] == api_key) is (name != secrets.name)


@pytest.mark.skipif(shell.find("git") is None, reason="git is not on PATH")
def test_git_ignores_generated_secrets(deploy_repository: Path, secrets: Path) -> None:
    secure(deploy_repository, "staging")
    shell.run(["git", "init", "-q"], cwd=deploy_repository)
    listed = shell.run(["git", "ls-files", "--others", "--exclude-standard"], cwd=deploy_repository).stdout.split()
    assert "k8s/base/secrets/prj-02.env.example" in listed
    assert str(secrets.relative_to(deploy_repository)) not in listed


@pytest.mark.skipif(shell.find("git") is None, reason="git is not on PATH")
def test_git_ignores_what_a_killed_script_leaves(deploy_repository: Path) -> None:
    shell.run(["git", "init", "-q"], cwd=deploy_repository)
    scripts = [path.read_text() for path in (deploy_repository / "_shared/scripts").glob("*/*.sh")]
    names = {name for text in scripts for name in re.findall(r"mktemp -d .*/([^/]+)XXXXXX", text)}
    assert names >= {".making.", ".sealing.", ".sops.", ".backup.", ".restore."}
    rules = deploy_repository / "_shared/secrets/sops/.sops.yaml"
    for name in names:
        password = deploy_repository / f"k8s/overlays/staging/secrets/{name}a1B2c3/passwords/lab"
        password.parent.mkdir(parents=True)
        password.write_text("a password\n")
    rules.parent.mkdir(exist_ok=True)
    rules.write_text("creation_rules: []\n")
    listed = shell.run(["git", "ls-files", "--others", "--exclude-standard"], cwd=deploy_repository).stdout.split()
    assert str(rules.relative_to(deploy_repository)) in listed
    assert not [path for path in listed if path.endswith("/passwords/lab")]


# Two pods, of which the one named in $SICK does not answer.
KUBECTL = """#!/bin/sh
case "$*" in
    "get --raw /version"*) echo '{}' ;;
    *"get deployment"*matchLabels*) echo ",role=web" ;;
    *"get deployment"*ports*) printf "%s" "$HTTP_PORTS" ;;
    *"rollout status"*) echo "rolled out" ;;
    *"get pods -l role=web "*) printf '%s' "$PODS" ;;
    *"--raw"*"/pods/$SICK:"*) echo "the server is unavailable" >&2; exit 1 ;;
    *"--raw"*":8081/proxy/health"*) echo '{"status":"ok"}' ;;
    *) echo "unexpected: $*" >&2; exit 64 ;;
esac
"""


def stand_in(directory: Path, name: str, text: str) -> None:
    """Make a program that is not the real one."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)


def check_health(
    repository: Path, tmp_path: Path, *, pods: str, sick: str, ports: str = "8081\n9090\n"
) -> shell.Completed:
    stand_in(tmp_path / "bin", "kubectl", KUBECTL)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "PODS": pods, "SICK": sick, "HTTP_PORTS": ports}
    return shell.run([repository / "_shared/scripts/deploy/check_health.sh", "prj-02"], env=environment)


def test_health_is_asked_of_every_pod(template: Path, tmp_path: Path) -> None:
    printed = check_health(template, tmp_path, pods="a\nb\n", sick="none").stdout.splitlines()
    assert printed == ["rolled out", 'a: {"status":"ok"}', 'b: {"status":"ok"}']


def test_one_sick_pod_is_a_failure(template: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="b: not healthy: the server is unavailable"):
        check_health(template, tmp_path, pods="a\nb\n", sick="b")


def test_no_pod_at_all_is_a_failure(template: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no running pod has the label role=web"):
        check_health(template, tmp_path, pods="", sick="none")


def test_health_is_asked_at_the_port_called_http(template: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="none of its ports is called http"):
        check_health(template, tmp_path, pods="a\n", sick="none", ports="")


@pytest.mark.parametrize(("script", "arguments"), [("k8s-deploy.sh", ["staging"]), ("check_health.sh", [])])
@pytest.mark.parametrize(
    ("kubectl", "reason"),
    [
        (None, "kubectl: it is not on PATH; next: install it"),
        ("echo no such host >&2; exit 1", "no such host; next: kubectl "),
    ],
)
def test_without_a_cluster_it_is_one_line_too(
    kubectl: str | None, reason: str, script: str, arguments: list[str], template: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    for name in ("dirname", "mktemp", "grep", "rm", "tail"):
        stand_in(programs, name, f'#!/bin/sh\nexec /usr/bin/{name} "$@"\n')
    if kubectl is not None:
        stand_in(programs, "kubectl", f"#!/bin/sh\n{kubectl}\n")
    file = template / "_shared/scripts/deploy" / script
    refused = shell.run(["env", f"PATH={programs}", "/bin/sh", file, *arguments], check=False)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1), refused
    assert reason in refused.stderr


# Production, all of it there, once prj-01 has a server of its own.
_PRODUCTION = """#!/bin/sh
case "$*" in
    "create -k "*) printf 'StatefulSet %s postgresql\\n' prj-01 prj-01-db prj-04-db ;;
    *" get StatefulSet "*) echo postgresql-1 ;;
esac
"""


def test_the_database_of_all_is_migrated_where_a_project_has_its_own(deploy_repository: Path, tmp_path: Path) -> None:
    stand_in(tmp_path / "bin", "kubectl", _PRODUCTION)
    scripts = deploy_repository / "_shared/scripts"
    stand_in(scripts / "migrate", "run-migration-job.sh", "#!/bin/sh\necho migrating $1\nexit 1\n")
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    ended = shell.run([scripts / "deploy/k8s-deploy.sh", "production"], env=environment, check=False)
    assert (ended.returncode, "migrating prj-01\n" in ended.stdout) == (1, True), ended
    assert "production: its migrations have not run, as said above, and nothing was applied" in ended.stderr


@pytest.mark.parametrize("program", ["sh", "bash"])
def test_the_documented_pull_secret_never_shows_the_token_in_an_argument(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (checkout.infra_directory() / "README.md").read_text()
    first = text[text.index("auth=$(") : text.index("# The applications' secrets")]
    for name in ("kubectl", "base64", "tr", "cat"):
        stand_in = tmp_path / name
        real = 'cat /dev/stdin > "$HOME/given"' if name == "kubectl" else f'exec /usr/bin/{name} "$@"'
        stand_in.write_text(f'#!/bin/sh\necho "{name} $@" >> "$HOME/arguments"\n{real}\n')
        stand_in.chmod(0o755)
    (tmp_path / ".ghcr-token").write_text("a-token-of-mine\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GHCR_USER", "me")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    shell.run([program, "-euc", first])
    credentials = json.loads((tmp_path / "given").read_text())["auths"]["ghcr.io"]["auth"]
    assert base64.b64decode(credentials) == b"me:a-token-of-mine"
    arguments = (tmp_path / "arguments").read_text()
    assert "--from-file=.dockerconfigjson=/dev/stdin" in arguments
    assert "a-token-of-mine" not in arguments
    assert credentials not in arguments


# The one is a learner's mistake, with a password that is none.
_MISTAKE = "labs/lab_03_cluster/wrong/secret_for_docker_hub/run.sh"
_IN_ARGUMENTS = re.compile(
    r"--(docker-)?password[= ]|--from-literal=\S*(passw|token|secret)|--creds[= ]|--token[= ]", re.I
)


def test_nowhere_is_a_secret_handed_over_in_arguments() -> None:
    listed = shell.run(["git", "ls-files", "-z"], cwd=checkout.source_directory()).stdout.split("\0")
    suffixes = (".md", ".ipynb", ".sh", ".toml", ".yml", ".yaml", ".py")
    shown = []
    for name in listed:
        if name.endswith(suffixes) and not name.startswith("tests/") and name != _MISTAKE:
            file = checkout.source_directory() / name
            shown += [f"{name}: {line}" for line in file.read_text().splitlines() if _IN_ARGUMENTS.search(line)]
    assert shown == []
