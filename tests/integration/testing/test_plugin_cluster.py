"""The pytest plugin in a run of its own on a real cluster: what it gives a test, and what it says of a failed one."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest

from lab_helpers import paths
from lab_helpers.images import debian
from lab_helpers.images.builders.choose import find_storage
from tests.commands import run_lab
from tests.documented import CI, snippet

pytestmark = pytest.mark.cluster

CACHE = paths.cache_directory().parent  # before pytester gives the run inside another home
# They pass, if the image is there.
DOCUMENTED = snippet(CI, "pytest") + snippet(CI, "scope") + snippet(CI, "pytest-kind")
THEIRS = """

def test_theirs(kind_cluster):
    import subprocess

    from pykube.objects import Node

    assert [node.name for node in Node.objects(kind_cluster.api)]
    environment = {"KUBECONFIG": str(kind_cluster.kubeconfig_path)}
    told = subprocess.check_output([kind_cluster.kubectl_path, "get", "nodes", "-o", "name"], env=environment)
    assert told.decode() == kind_cluster.kubectl("get", "nodes", "-o", "name")
"""
BROKEN = """

def test_broken(lab, lab_cluster):
    from kubernetes.client import CoreV1Api

    assert lab.name == lab_cluster.name
    assert CoreV1Api(lab.api).list_namespaced_pod(lab.namespace).items == [], "nothing of the test before"
    lab.kubectl("create", "deployment", "web", "--image=ghcr.io/org/nothing:v9.9.9")
    lab.kubectl("rollout", "status", "deployment/web", "--timeout=5s")
"""
SHARED = """

def test_shared(lab_cluster):
    image = lab_cluster.load_docker_image("web:dev")
    lab_cluster.kubectl("create", "deployment", "shared", f"--image={image}")
    lab_cluster.kubectl("rollout", "status", "deployment/shared", "--timeout=60s")
"""


@pytest.fixture
def _image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image as a user builds it, but apart from what this machine's user has."""
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path}/storage"\nrunroot = "{tmp_path}/run"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    context = tmp_path / "context"
    context.mkdir()
    shutil.copy(debian.unpack("busybox-static").root / "bin/busybox", context)
    (context / "index.html").write_text("here")
    serve = '["/busybox", "httpd", "-f", "-p", "8080", "-h", "/"]'
    (context / "Dockerfile").write_text(f"FROM scratch\nCOPY busybox index.html /\nCMD {serve}\n")
    find_storage().build(context, "web:dev", {})


@pytest.mark.usefixtures("_image")
def test_what_a_test_gets_and_what_is_said_of_one_that_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    pytester.makepyfile(DOCUMENTED + THEIRS + SHARED + BROKEN)
    before = _labs()
    result = pytester.runpytest_subprocess("--lab-provider=embedded", timeout=240)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_broken*",
            "*- lab: namespace test-broken-* -*",
            "pod/web-*: *ImagePull* in container nothing: *",
        ]
    )
    assert _labs() == before, "the session's cluster went with it"


def test_workers_share_a_running_lab(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    name = f"t-{uuid.uuid4().hex[:8]}"
    creation = run_lab("up", "--provider", "embedded", "--name", name)
    try:
        assert creation.returncode == 0, creation.stderr
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.parametrize("number", range(6))
            def test_each(lab, number):
                lab.kubectl("create", "configmap", "mine")
            """
        )
        result = pytester.runpytest_subprocess("-n3", f"--lab-name={name}", "--lab-keep", timeout=120)
        result.assert_outcomes(passed=6)
        result.stdout.fnmatch_lines(["test-each-*: kubectl --kubeconfig=* delete namespace test-each-*"] * 6)
    finally:
        run_lab("down", "--name", name)
        shutil.rmtree(paths.state_directory(name), ignore_errors=True)


def _labs() -> list[Path]:
    return sorted(paths.state_directory().glob("labs/pytest-*"))
