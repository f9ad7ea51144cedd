"""The pytest plugin in a run of its own on a real cluster: what it gives a test, and what it says of a failed one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import paths
from lab_helpers.cluster.choose import provider
from lab_helpers.images import debian
from lab_helpers.images.build import choose_builder
from tests.documented import CI, snippet

pytestmark = pytest.mark.cluster

CACHE = paths.cache_directory().parent  # before pytester gives the run inside another home
DOCUMENTED = snippet(CI, "pytest")  # passes, if its image is there
BROKEN = """

def test_broken(lab, lab_cluster):
    from kubernetes.client import CoreV1Api

    assert lab.name == lab_cluster.name
    assert CoreV1Api(lab.api).list_namespaced_pod(lab.namespace).items == [], "nothing of the test before"
    lab.kubectl("create", "deployment", "web", "--image=ghcr.io/org/nothing:v9.9.9")
    lab.kubectl("rollout", "status", "deployment/web", "--timeout=5s")
"""


@pytest.fixture(scope="module")
def _image(tmp_path_factory: pytest.TempPathFactory) -> None:
    context = tmp_path_factory.mktemp("context")
    shutil.copy(debian.unpack("busybox-static").root / "bin/busybox", context)
    (context / "index.html").write_text("here")
    serve = '["/busybox", "httpd", "-f", "-p", "8080", "-h", "/"]'
    (context / "Dockerfile").write_text(f"FROM scratch\nCOPY busybox index.html /\nCMD {serve}\n")
    choose_builder().build(context, "web:dev", {})


@pytest.mark.usefixtures("_image")
def test_what_a_test_gets_and_what_is_said_of_one_that_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    failed = [finding for finding in provider("embedded").doctor() if not finding.ok]
    if failed:
        pytest.skip(f"no embedded cluster on this machine: {failed[0].name}: {failed[0].seen}")
    pytester.makepyfile(DOCUMENTED + BROKEN)
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
    return sorted(paths.state_directory().glob("labs/pytest-*"))
