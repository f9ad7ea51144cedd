"""What goes wrong on real machines: one clear error with object, reason and next command, and nothing half made."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.commands import LAB
from tests.integration.cluster.remains import remains

pytestmark = pytest.mark.cluster


def lab(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, (LAB, *arguments))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


def assert_clear(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1, result.stderr
    for word in (*words, "next: "):
        assert word in result.stderr
    assert "Traceback" not in result.stderr


def on_a_small_disk(directory: Path, size: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = f'mount -t tmpfs -o size={size} small "$0" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, str(directory), str(LAB), *arguments]
    environment = {**os.environ, "XDG_STATE_HOME": str(directory)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


def test_a_disk_too_small_is_said_before_anything_is_made(name: str, tmp_path: Path) -> None:
    result = on_a_small_disk(tmp_path, "20m", "up", "--name", name)
    assert_clear(result, "disk", "GiB free", f"df -h {tmp_path}")
    assert remains(name) == []


def test_a_disk_that_fills_up_is_said_to_be_why_a_cluster_ended(name: str, tmp_path: Path) -> None:
    """On the smallest disk that will do; the cluster ends with its programs, and what is on the disk stays."""
    script = """
        mount -t tmpfs -o size=2300m small "$0" && "$1" up --name "$2" || exit 2
        fallocate --length "$(($(df --output=avail --block-size=1 "$0" | tail -1) - 100000000))" "$0/filler"
        cat /dev/zero >> "$0/filler"
        while "$1" status --name "$2" >/dev/null; do :; done
        "$1" status --name "$2"
        rm "$0/filler"
        "$1" down --name "$2"
    """
    result = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, str(tmp_path), str(LAB), name],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr
    assert f"lab {name}: its cluster has ended: the disk is full below {tmp_path}" in result.stdout
    assert f"next: df -h {tmp_path}" in result.stdout


def test_a_port_in_use_is_said_before_a_cluster_is_made(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = lab("open", "--name", name, "--port", str(port), "--no-browser")
    assert_clear(result, f"port {port}", "in use", f"lab open --name {name} --port 0")
    assert remains(name) == []


def test_a_name_that_will_not_do_is_refused() -> None:
    assert_clear(lab("up", "--name", "../a"), "a lab's name is", "'../a'")


def test_a_notebook_that_is_not_there_is_named(name: str) -> None:
    assert_clear(lab("run", "99", "--name", name), "'99'", "05_first_deploy")
    assert remains(name) == []


def test_usage_errors_are_short() -> None:
    result = lab("up", "--nmae", "x")
    assert result.returncode == 2
    assert "--nmae" in result.stderr
    assert "Traceback" not in result.stderr
