"""Clusters are made, used and deleted; killed at any moment they leave nothing."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lab_helpers import paths, shell, wait
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError
from lab_helpers.images.registry import is_up, load, tags
from lab_helpers.kube.client import Client
from tests.commands import LAB, Run, Start, read_until
from tests.integration.cluster.remains import assert_nothing_remains, links, remains, rules

pytestmark = pytest.mark.cluster

MANIFESTS = Path(__file__).parent / "upstream.yaml"


def kubectl(kubeconfig: Path, *arguments: str) -> str:
    return shell.run(["kubectl", f"--kubeconfig={kubeconfig}", *arguments], timeout=90).stdout


def test_a_lab_lives_until_it_is_taken_down(name: str, lab: Run) -> None:
    links_before, rules_before = links(), rules()
    up = lab("up", "--name", name)
    assert up.returncode == 0, up.stderr
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert "Ready" in kubectl(kubeconfig, "get", "nodes", "--no-headers")
    new = {link for link in links() - links_before if not link.startswith("lab-")}
    assert not new, "the host sees one link of a lab, named after it"
    assert EmbeddedLayout(name, paths.state_directory(name) / "cluster", 0).link in links()
    assert rules() == rules_before, "and no rule"
    assert json.loads(lab("status", "--json", "--name", name).stdout)[0]["state"] == "running"

    again = lab("up", "--name", name)
    assert again.returncode == 1
    assert "is running already" in again.stderr
    assert f"lab status --name {name}" in again.stderr

    down = lab("down", "--name", name)
    assert down.returncode == 0, down.stderr
    assert remains(name) == [], "`lab down` returns when nothing is left"
    assert lab("status", "--name", name).returncode == 1
    assert lab("kubeconfig", "--name", name).returncode == 1


def test_another_accounts_lab_of_the_same_name_is_another_lab(
    name: str, lab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab("up", "--name", name).returncode == 0
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    with monkeypatch.context() as theirs:
        theirs.setenv("XDG_STATE_HOME", str(tmp_path))
        creation = lab("up", "--name", name)
        down = lab("down", "--name", name)
        assert creation.returncode == 0, creation.stderr
        assert down.returncode == 0, down.stderr
        assert remains(name) == []
    assert "Ready" in kubectl(kubeconfig, "get", "nodes", "--no-headers")
    assert lab("down", "--name", name).returncode == 0


def test_it_is_a_cluster_like_any_other(name: str, lab: Run, tmp_path: Path) -> None:
    assert lab("up", "--name", name).returncode == 0
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())

    def run(*arguments: str) -> str:
        return kubectl(kubeconfig, *arguments)

    image = run(
        "-n", "kube-system", "get", "deploy", "coredns", "-o", "jsonpath={.spec.template.spec.containers[0].image}"
    )
    busybox = image.replace("/coredns:", "/busybox:")
    manifest = tmp_path / "web.yaml"
    manifest.write_text(MANIFESTS.read_text().replace("IMAGE", busybox))
    run("apply", "-f", str(manifest))
    run("rollout", "status", "deployment/web", "--timeout=60s")

    pod = run("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}")
    assert run("exec", "deploy/web", "--", "wget", "-qO-", "http://web.default.svc.cluster.local") == "hello\n"
    assert "response:200" in run("logs", "-l", "app=web", "--tail=20")
    (tmp_path / "sent").write_text("copied")
    run("cp", str(tmp_path / "sent"), f"{pod}:/content/copied")
    assert run("exec", pod, "--", "cat", "/content/copied") == "copied"
    assert "/data/default/web-content-pvc" in run("get", "pv", "-o", "jsonpath={.items[0].spec.*.path}")
    data = EmbeddedLayout(name, paths.state_directory(name) / "cluster", 0).node(1).data
    assert (data / "default/web-content-pvc/copied").read_text() == "copied"

    with shell.start(
        ["kubectl", f"--kubeconfig={kubeconfig}", "port-forward", "service/web", ":80"], stdout=subprocess.PIPE
    ) as forward:
        assert forward.stdout is not None
        port = forward.stdout.readline().split("->")[0].rpartition(":")[2].strip()
        import urllib.request

        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.read() == b"hello\n"
        forward.kill()


@pytest.mark.parametrize("moment", ["waiting for the API", "applying DNS", "waiting for DNS"])
def test_a_killed_creation_leaves_nothing(name: str, start: Start, moment: str) -> None:
    creation = start("up", "--name", name)
    read_until(creation, moment)
    creation.kill()
    creation.wait()
    assert_nothing_remains(name)


def test_a_creation_killed_before_it_ran_anything_leaves_files_that_the_next_command_removes(
    name: str, lab: Run, start: Start
) -> None:
    creation = start("up", "--name", name)
    read_until(creation, "writing certificates")
    creation.kill()
    creation.wait()
    assert_nothing_remains(name, files=False)
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


def test_the_next_lab_of_that_name_waits_for_a_keeper_that_had_not_begun_when_its_lab_was_killed(
    name: str, lab: Run, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise that keeper would take the next cluster's files for its own, and delete them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # where no other test sweeps
    creation = start("up", "--name", name)
    keeper = wait.until(lambda: _keeper_of(creation.pid), seconds=30, outcome="start a keeper", every=0.001)
    os.kill(keeper, signal.SIGSTOP)
    try:
        creation.kill()
        creation.wait()
        assert not EmbeddedLayout(name, paths.state_directory(name) / "cluster", 0).control.exists(), "it has not begun"
        following = start("up", "--name", name)
        wait.until(lambda: _has_open(following.pid, "keeper.log"), seconds=30, outcome="wait for the keeper")
    finally:
        os.kill(keeper, signal.SIGCONT)
    _, said = following.communicate(timeout=60)
    down = lab("down", "--name", name)
    assert following.returncode == 0, said
    assert down.returncode == 0, down.stderr
    assert remains(name) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_creation_says_so_and_leaves_nothing(name: str, start: Start, number: signal.Signals) -> None:
    creation = start("up", "--name", name)
    read_until(creation, "waiting for the API")
    creation.send_signal(number)
    _, said = creation.communicate(timeout=30)
    assert creation.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert remains(name) == []


def _first_process(name: str) -> int:
    keeper = next(line.split()[1] for line in remains(name) if "keeper keep" in line)
    starters = [child for child in _children(int(keeper)) if "embedded.node" in _command(child)]
    return _children(starters[0])[0]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _keeper_of(pid: int) -> int | None:
    return next((child for child in _children(pid) if "keeper keep" in _command(child)), None)


def _has_open(pid: int, file: str) -> bool:
    return any(entry.resolve().name == file for entry in Path(f"/proc/{pid}/fd").iterdir())


def _command(pid: int) -> str:
    """Its command line; empty when it has ended, as a short command may between two looks."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_a_node_whose_first_process_is_killed_leaves_its_logs_only(name: str, lab: Run) -> None:
    assert lab("up", "--name", name).returncode == 0
    os.kill(_first_process(name), signal.SIGKILL)
    assert_nothing_remains(name, files=False)
    status = lab("status", "--json", "--name", name)
    assert status.returncode == 1
    assert json.loads(status.stdout)[0]["state"] == "ended"
    assert (paths.state_directory(name) / "cluster/logs/kubelet.log").exists(), "what explains the end is kept"
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


def test_what_a_killed_keeper_leaves_goes_with_the_next_command(name: str, lab: Run) -> None:
    assert lab("up", "--name", name).returncode == 0
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    keeper = next(int(line.split()[1]) for line in remains(name) if "keeper keep" in line)
    os.kill(keeper, signal.SIGKILL)
    wait.until(
        lambda: not any(line.startswith("process") for line in remains(name)), seconds=10, outcome="lose its processes"
    )
    # Whoever still holds the lab's addresses is refused by this machine, and sends nothing to others.
    client, registry = Client(kubeconfig, patience_seconds=0.2), load(kubeconfig.parent / "registry")
    for address in (urlsplit(client.server).hostname, registry.address):
        assert ipaddress.ip_address(str(address)).is_loopback
    with pytest.raises(LabError, match="Connection refused"):
        client.server_version()
    with pytest.raises(LabError, match="Connection refused"):
        is_up(registry)
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


def test_a_registry_is_started_again_whichever_of_its_two_processes_is_killed(name: str, lab: Run) -> None:
    assert lab("up", "--name", name).returncode == 0
    directory = paths.state_directory(name) / "cluster/registry"
    for program in ("docker-registry", "registry-front"):
        before = {part: _process_of(name, part) for part in ("docker-registry", "registry-front")}
        began = time.monotonic()
        os.kill(before[program], signal.SIGKILL)
        assert tags(load(directory), "org/none") == (), "it answers: whoever asks waits for it"
        assert time.monotonic() - began < 5, "within about a second, on a machine that has time"
        for part, pid in before.items():
            assert _process_of(name, part) != pid, "neither goes on without the other"
    assert lab("down", "--name", name).returncode == 0


def _process_of(name: str, program: str) -> int:
    commands = {int(line.split()[1]): line.split()[2] for line in remains(name) if line.startswith("process ")}
    (pid,) = (pid for pid, command in commands.items() if Path(command).name == program)
    return pid


def test_two_labs_live_side_by_side(name: str, lab: Run) -> None:
    other = f"{name}-b"
    try:
        results: dict[str, subprocess.CompletedProcess[str]] = {}
        threads = [
            threading.Thread(target=lambda lab_name=n: results.update({lab_name: lab("up", "--name", lab_name)}))
            for n in (name, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [results[n].returncode for n in (name, other)] == [0, 0], [r.stderr for r in results.values()]
        assert lab("down", "--name", other).returncode == 0
        assert remains(other) == []
        kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
        assert f"{name}-1" in kubectl(kubeconfig, "get", "nodes", "--no-headers")
    finally:
        lab("down", "--name", other)


def test_a_second_creation_at_the_same_time_is_refused(name: str, lab: Run, start: Start) -> None:
    first = start("up", "--name", name)
    read_until(first, "writing certificates")
    second = lab("up", "--name", name)
    assert second.returncode == 1
    assert f"lab {name}: is being created by process {first.pid}" in second.stderr
    first.communicate(timeout=60)
    assert first.returncode == 0, "and the first is not disturbed"


def test_without_root_it_says_what_is_missing(name: str) -> None:
    # In a user namespace without a mapping this process is nobody, and there is no password-less sudo.
    refused = subprocess.run(
        ["unshare", "--user", LAB, "up", "--name", name], capture_output=True, text=True, check=False, timeout=60
    )
    assert refused.returncode == 1
    assert "root: neither root nor sudo without a password" in refused.stderr
    assert f"next: {'sudo --validate' if shell.find('sudo') else 'su '}" in refused.stderr
    assert remains(name) == []
