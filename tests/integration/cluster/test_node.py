"""What a node has of the machine it runs on: the programs, read-only, and nothing of its caller's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab_helpers import paths, shell
from tests.commands import Run

pytestmark = pytest.mark.cluster

_CALLERS = {
    "XDG_RUNTIME_DIR": "/run/user/nobodys",
    "LD_LIBRARY_PATH": "/nowhere",
    "LC_ALL": "C",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "localhost,127.0.0.1,10.0.0.0/8",
}


def test_a_node_sees_the_hosts_programs_and_nothing_else_of_it(name: str, lab: Run, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    up = lab("up", "--name", name, env={**os.environ, **_CALLERS, "TMPDIR": str(tmp_path / "tmp")})
    assert up.returncode == 0, up.stderr
    directory = paths.state_directory(name) / "cluster"
    for program in ("etcd", "kube-apiserver", "kubelet", "kube-proxy", "containerd"):
        assert _environments(directory, program) <= {"PATH", "LANG"}, program

    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    _make_pod(kubeconfig)
    assert _on_host(kubeconfig, "ls /host/root /host/home; cat /host/etc/shadow 2>&1").count("shadow") == 1
    assert not set(_on_host(kubeconfig, "ls /host").split()) & {"boot", "srv", "media"}
    assert "Read-only" in _on_host(kubeconfig, "touch /host/usr/lab-was-here 2>&1 || true")
    assert "No such file" in _on_host(kubeconfig, f"cat /host{directory}/kubeconfig 2>&1 || true")
    assert "written" in _on_host(kubeconfig, "echo written > /host/data/file && cat /host/data/file")
    listening = _on_host(kubeconfig, "netstat -ltn")
    assert ":2379" not in listening, "pods with hostNetwork share the node's loopback"
    assert not Path("/usr/lab-was-here").exists()


def _environments(directory: Path, program: str) -> set[str]:
    """The names of all variables that a cluster's programs of that name have."""
    names_in_use: set[str] = set()
    started = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            argv = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            is_ours = Path(argv[0]).name == program and str(directory) in " ".join(argv)
            names = (process / "environ").read_text().split("\0") if is_ours else []
        except OSError:
            continue  # it has ended
        started += is_ours
        names_in_use |= {line.partition("=")[0] for line in names if line}
    assert started, program
    return names_in_use


def _make_pod(kubeconfig: Path) -> None:
    settings = _kubectl(kubeconfig, "-n", "local-path-storage", "get", "configmap", "local-path-config", "-o", "yaml")
    image = next(line.split()[-1] for line in settings.splitlines() if "image:" in line)
    container = {
        "name": "looker",
        "image": image,
        "command": ["sleep", "1000"],
        "volumeMounts": [{"name": "root", "mountPath": "/host"}],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "looker"},
        "spec": {
            "hostNetwork": True,
            "containers": [container],
            "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
        },
    }
    shell.run(["kubectl", f"--kubeconfig={kubeconfig}", "create", "-f", "-"], input=json.dumps(pod))
    _kubectl(kubeconfig, "wait", "--for=condition=Ready", "pod/looker", "--timeout=60s")


def _on_host(kubeconfig: Path, script: str) -> str:
    return _kubectl(kubeconfig, "exec", "looker", "--", "sh", "-c", f"{script}; true")


def _kubectl(kubeconfig: Path, *arguments: str) -> str:
    return shell.run(["kubectl", f"--kubeconfig={kubeconfig}", *arguments], timeout=90).stdout
