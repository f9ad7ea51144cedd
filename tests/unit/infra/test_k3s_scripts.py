"""The scripts that make machines nodes: pinned, for root only, and no token where others could read it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.errors import CommandFailed


def test_dry_run_of_the_installer_shows_a_pinned_version_and_runs_nothing(template: Path, tmp_path: Path) -> None:
    script = template / "_shared/scripts/k3s/install.sh"
    printed = shell.run([script, "--dry-run"], cwd=tmp_path, env={"INSTALL_K3S_VERSION": "v9.9.9+k3s1"}).stdout
    assert all(line.startswith("+ ") for line in printed.splitlines())
    assert "INSTALL_K3S_VERSION=v9.9.9+k3s1" in printed
    assert "'INSTALL_K3S_EXEC=server --cluster-init --secrets-encryption" in printed, "what is shown can be pasted"
    assert list(tmp_path.iterdir()) == []


def test_installer_refuses_a_machine_that_has_k3s(template: Path, tmp_path: Path) -> None:
    # `id` says root, so that the test runs the same for everybody; `k3s` is there.
    for name, text in (("id", "echo 0"), ("k3s", "exit 64")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    script = template / "_shared/scripts/k3s/install.sh"
    with pytest.raises(CommandFailed, match=r"k3s is already here; next: k3s-uninstall\.sh"):
        shell.run([script], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})


def test_installer_needs_root(template: Path, tmp_path: Path) -> None:
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    script = template / "_shared/scripts/k3s/install.sh"
    with pytest.raises(CommandFailed, match="this account: it is not root; next: sudo "):
        shell.run([script], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})


AUTHORITY = "-----BEGIN CERTIFICATE-----\n"
TOKEN = f"K10{hashlib.sha256(AUTHORITY.encode()).hexdigest()}::server:a-password-of-the-cluster"
SERVER = "https://10.0.0.5:6443"
# Each writes down its arguments; the installer also its variables. `curl` answers as the server of the token.
PROGRAMS = {
    "id": "echo 0",
    "systemctl": "exit 64",
    "hostname": "echo Node-2",
    "curl": f"""while [ "$1" != -o ]; do shift; done; printf '%s' '{AUTHORITY}' >"$2" """,
}
INSTALLER = """#!/bin/sh
env | grep -E '^(INSTALL_)?K3S_' | sort >"$LOG/variables"
cat >"$LOG/bin/k3s" <<'K3S'
#!/bin/sh
echo "k3s $*" >>"$LOG/arguments"
K3S
chmod +x "$LOG/bin/k3s"
"""


class Machine:
    """A machine to be joined, of stand-ins for what changes it."""

    def __init__(self, template: Path, directory: Path) -> None:
        self.script = template / "_shared/scripts/k3s/join-agent.sh"
        self.log = directory
        self.programs = directory / "bin"
        self.programs.mkdir()
        for name, text in PROGRAMS.items():
            self.write(name, text)
        (directory / "installer").write_text(INSTALLER)

    def write(self, name: str, text: str) -> None:
        """Make a stand-in."""
        (self.programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"$LOG/arguments"\n{text}\n')
        (self.programs / name).chmod(0o755)

    def join(self, *arguments: str, token: str | None = TOKEN) -> shell.Completed:
        """Run the script, with a token at its standard input."""
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "LOG": str(self.log),
            "K3S_INSTALLER": str(self.log / "installer"),
        }
        return shell.run([self.script, *arguments], env=environment, input=token, check=False)


@pytest.fixture
def machine(template: Path, tmp_path: Path) -> Machine:
    return Machine(template, tmp_path)


@pytest.mark.parametrize("has_file", [True, False])
def test_a_machine_joins_and_its_token_is_no_argument_of_anything(
    has_file: bool, machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)  # without the newline at its end, as some copy it
    joined = machine.join(*(["--token-file", str(tmp_path / "token")] if has_file else []), SERVER)
    assert joined.returncode == 0, joined
    assert joined.stdout.endswith(f"node node-2 has joined {SERVER} and is Ready\n")
    variables = (tmp_path / "variables").read_text().splitlines()
    assert {f"K3S_URL={SERVER}", f"K3S_TOKEN={TOKEN}", "INSTALL_K3S_EXEC=agent"} <= set(variables)
    assert "INSTALL_K3S_VERSION=v1.37.0+k3s1" in variables
    arguments = (tmp_path / "arguments").read_text()
    assert "wait node/node-2 --for=condition=Ready" in arguments
    assert "a-password" not in arguments + joined.stdout + joined.stderr


@pytest.mark.parametrize(
    ("arguments", "token", "reason"),
    [
        ([SERVER], "", "token: it is empty"),
        ([SERVER], "a-password", "token: it does not begin with K10"),
        ([SERVER], f"K10{'0' * 64}::server:a-password", "it is not of the cluster that the token is for"),
        (["--token-file", "/nowhere", SERVER], None, "/nowhere: it cannot be read"),
    ],
)
def test_nothing_is_installed_without_the_right_token(
    arguments: list[str], token: str | None, reason: str, machine: Machine, tmp_path: Path
) -> None:
    refused = machine.join(*arguments, token=token)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1), refused
    assert reason in refused.stderr
    assert "; next: " in refused.stderr
    assert "a-password" not in refused.stderr
    assert not (tmp_path / "variables").exists()


def test_a_server_that_does_not_answer_and_a_node_that_is_not_ready_are_said(machine: Machine) -> None:
    machine.write("curl", "echo no route to host >&2; exit 7")
    refused = machine.join(SERVER)
    assert (refused.returncode, f"{SERVER}: it does not answer: no route to host; next: " in refused.stderr) == (
        1,
        True,
    )
    machine.write("curl", PROGRAMS["curl"])
    (machine.log / "installer").write_text(INSTALLER.replace('echo "k3s', 'exit 1 # echo "k3s'))
    late = machine.join(SERVER)
    assert (late.returncode, "node node-2: it joined and is not Ready" in late.stderr) == (1, True)
    again = machine.join(SERVER)
    assert "k3s is already here; next: k3s-agent-uninstall.sh" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "which server?"),
        ([TOKEN], "a token no argument"),
        ([SERVER, SERVER], f"one server, not {SERVER} and {SERVER}"),
        (["--token", TOKEN], "there is no option --token"),
        ([SERVER, "--token-file"], "--token-file takes a file"),
    ],
)
def test_wrong_arguments_of_join_agent(arguments: list[str], reason: str, machine: Machine) -> None:
    refused = machine.join(*arguments)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert f"{reason}; next: join-agent.sh --help" in refused.stderr
    assert "a-password" not in refused.stderr


def test_dry_run_of_join_agent_changes_nothing_and_asks_nobody(machine: Machine, tmp_path: Path) -> None:
    machine.write("id", "echo 1000")
    printed = machine.join("--dry-run", SERVER, token=None)
    assert printed.returncode == 0, printed
    assert all(line.startswith("+ ") for line in printed.stdout.splitlines())
    assert f"K3S_URL={SERVER}" in printed.stdout
    assert not (tmp_path / "variables").exists()
    assert "curl" not in (tmp_path / "arguments").read_text()
