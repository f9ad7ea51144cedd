"""What the scripts of the Deploy repository do with wrong arguments, and what they say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import shell

REFUSED = {
    "env/setup_env_secure.sh": [
        ([], "which environment, staging or production?"),
        (["nowhere"], "there is no overlay nowhere in "),
        (["staging/prj-02"], "there is no environment staging/prj-02"),
        (["staging", "production"], "one environment at a time, not staging and production"),
        (["--force", "staging"], "there is no option --force"),
    ],
    "env/seal_env.sh": [
        ([], "which environment, staging or production?"),
        (["nowhere"], "there is no environment nowhere in "),
        (["--scope", "staging"], "there is no option --scope"),
        (["--cert"], "--cert takes a file"),
        (["--cert", "", "staging"], "--cert takes a file"),
        (["../sealed/staging"], "there is no environment ../sealed/staging"),
    ],
    "env/sops_env.sh": [
        ([], "encrypt or decrypt, and which environment, staging or production?"),
        (["staging"], "encrypt or decrypt, and which environment, staging or production?"),
        (["hide", "staging"], "encrypt or decrypt, not hide"),
        (["encrypt", "nowhere"], "there is no overlay nowhere in "),
        (["encrypt", "staging/prj-02"], "there is no environment staging/prj-02"),
        (["--all", "encrypt", "staging"], "there is no option --all"),
    ],
    "deploy/k8s-deploy.sh": [
        ([], "which environment, staging or production?"),
        (["nowhere"], "there is no overlay nowhere in "),
        (["staging", "production"], "one environment at a time, not staging and production"),
        (["--force", "staging"], "there is no option --force"),
        (["staging/prj-02"], "there is no environment staging/prj-02"),
        (["--timeout", "soon", "staging"], "--timeout takes a number of seconds, not 'soon'"),
        (["staging", "--timeout"], "--timeout takes a number of seconds, not ''"),
    ],
    "deploy/propose-release.sh": [
        ([], "which project, and which environment?"),
        (["prj-02"], "which project, and which environment?"),
        (["prj_02", "staging"], "a project is called like prj-02, not prj_02"),
        (["prj-02", "nowhere"], "an environment is staging or production, not nowhere"),
        (["prj-02", "staging"], "which tag? Only production takes that of staging"),
        (["prj-02", "staging", "v1.1.0", "v1.2.0"], "one tag at a time, not v1.1.0 and v1.2.0"),
        (["--force", "prj-02", "staging"], "there is no option --force"),
    ],
    "migrate/move-database.sh": [
        ([], "which step?"),
        (["stop", "postgres"], "there is no step 'stop postgres'"),
        (["copy", "prj_01"], "there is no step 'copy prj_01'"),
        (["copy", "prj_01", "db; drop"], "'db; drop' is not the name of a host"),
        (["copy", "prj_01", "--dry-run"], "'--dry-run' is not the name of a host"),
        (["copy", "prj_01", ""], "copy prj_01 to which host?"),
        (["--project"], "a project that moves is prj-01 or prj-04, not ''"),
        (["--force", "close"], "there is no option --force"),
        (["--project", "prj-02", "close"], "a project that moves is prj-01 or prj-04, not 'prj-02'"),
        (["--project", "prj-04", "stop", "prj_01"], "there is no step 'stop prj_01'"),
    ],
    "k3s/restore.sh": [
        ([], "which step?"),
        (["all", "production", "/b"], "there is no step all"),
        (["data"], "which environment, staging or production?"),
        (["data", "nowhere", "/b"], "there is no environment nowhere in "),
        (["data", "production"], "which backup?"),
        (["data", "production", "/a", "/b"], "one backup at a time"),
        (["--force", "data"], "there is no option --force"),
        (["--max-age", "old", "data", "production", "/b"], "--max-age takes a number of hours, not 'old'"),
        (["--timeout", "0", "data", "production", "/b"], "--timeout takes a number of seconds, not '0'"),
        (["--identity"], "--identity takes a value"),
        (["--identity", "", "check", "production", "/b"], "--identity takes a value"),
        (["check", ".", "/b"], "there is no environment ."),
    ],
    "deploy/check_health.sh": [
        (["--all"], "there is no option --all"),
        (["prj-02", "prj-02", "soon"], "'soon' is not a number of seconds"),
        (["a", "b", "1", "c"], "at most three"),
        (["prj-02", "--dry-run"], "there is no option --dry-run"),
    ],
}
USAGE = {
    **{script: f"  {Path(script).name} [" for script in REFUSED},
    "k3s/install.sh": "./install.sh ",
    "k3s/join-agent.sh": "./join-agent.sh ",
}


@pytest.mark.parametrize(
    ("script", "arguments", "reason"),
    [(script, *case) for script, cases in REFUSED.items() for case in cases],
)
def test_wrong_arguments_are_one_line_with_the_next_command(
    script: str, arguments: list[str], reason: str, template: Path
) -> None:
    file = template / "_shared/scripts" / script
    refused = shell.run([file, *arguments], check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"{file.name}: arguments: {reason}")
    assert refused.stderr.endswith(f"; next: {file.name} --help\n")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("script", USAGE)
def test_help_is_the_comment_at_the_top(script: str, template: Path) -> None:
    file = template / "_shared/scripts" / script
    printed = shell.run([file, "--help"]).stdout
    assert USAGE[script] in printed
    assert all(f"# {line}".rstrip() in file.read_text() for line in printed.splitlines())
