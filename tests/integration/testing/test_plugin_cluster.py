"""The pytest plugin in a run of its own on a real cluster: what it gives a test, and what it says of a failed one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import paths
from lab_helpers.cluster.choose import provider
from lab_helpers.images import debian
from lab_helpers.images.build import choose_builder

pytestmark = pytest.mark.cluster

IMAGE = "t-plugin:dev"
CACHE = paths.cache_directory().parent  # before pytester gives the run inside another home
TESTS = f"""
    from urllib.request import urlopen
    from kubernetes.client import CoreV1Api

    def test_served(lab):
        image = lab.load_docker_image("{IMAGE}")
        serve = ("/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/bin")
        lab.kubectl("create", "deployment", "web", f"--image={{image}}", "--", *serve)
        lab.kubectl("expose", "deployment/web", "--port=80", "--target-port=8080")
        lab.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        with lab.port_forward("service/web", 80) as port:
            assert urlopen(f"http://127.0.0.1:{{port}}/busybox", timeout=10).status == 200
        pods = CoreV1Api(lab.api).list_namespaced_pod(lab.namespace).items
        assert [pod.status.phase for pod in pods] == ["Running"]

    def test_broken(lab, lab_cluster):
        assert lab.name == lab_cluster.name
        assert lab.kubectl("get", "deployments", "--output=name") == "", "nothing of the test before"
        lab.kubectl("create", "deployment", "web", "--image=ghcr.io/org/nothing:v9.9.9")
        lab.kubectl("rollout", "status", "deployment/web", "--timeout=5s")
"""


@pytest.fixture(scope="module")
def _image(tmp_path_factory: pytest.TempPathFactory) -> None:
    context = tmp_path_factory.mktemp("context")
    shutil.copy(debian.unpack("busybox-static").root / "bin/busybox", context)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/busybox\n")
    choose_builder().build(context, IMAGE, {})


@pytest.mark.usefixtures("_image")
def test_what_a_test_gets_and_what_is_said_of_one_that_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    failed = [finding for finding in provider("embedded").doctor() if not finding.ok]
    if failed:
        pytest.skip(f"no embedded cluster on this machine: {failed[0].name}: {failed[0].seen}")
    pytester.makepyfile(TESTS)
    before = _labs()
    result = pytester.runpytest_subprocess("--lab-provider=embedded", timeout=240)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_broken*",
            "*- lab: namespace test-broken-* -*",
            "pod/web-*: *ImagePull* in container nothing: *",
        ]
    )
    assert _labs() == before, "the session's cluster went with it"


def _labs() -> list[Path]:
    return sorted(paths.state_directory().glob("labs/pytest-*/record.json"))
