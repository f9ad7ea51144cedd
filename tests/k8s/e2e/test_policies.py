"""Upstream's own specifications of network policies hold on a cluster with add-on network-policy.

    .venv/bin/pytest -m policies

They are of the Kubernetes that the cluster runs, and talk from and to nine pods of their own, in three namespaces that
they make and delete themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab_helpers import shell
from lab_helpers.cluster.embedded.configuration import CONTAINERD_SOCKET
from lab_helpers.images import program_image
from lab_helpers.images.layout import ImageLayout
from lab_helpers.programs import toolchain
from tests.commands import run_lab

pytestmark = [pytest.mark.policies, pytest.mark.timeout(7200)]

_MODULE = Path(__file__).parent / "network_policies"
_IMAGES = "k8s.io/kubernetes/test/images/agnhost"
_SECONDS = 5400.0
# SCTP needs a module of the kernel's, which no container may load.
_FILTER = "!Feature:SCTPConnectivity"


@pytest.fixture(scope="module")
def kubeconfig(lab_name: str) -> str:
    up = run_lab("up", "--name", lab_name)
    assert up.returncode == 0, up.stderr
    addon = run_lab("addon", "install", "network-policy", "--name", lab_name)
    assert addon.returncode == 0, addon.stderr
    return run_lab("kubeconfig", "--name", lab_name).stdout.strip()


def test_they_hold(
    kubeconfig: str, lab_name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    _import_image(lab_name, tmp_path)
    specifications, report = tmp_path / "specifications", tmp_path / "report.xml"
    _go("test", "-c", "-o", str(specifications), ".")
    which = [f"-kubeconfig={kubeconfig}", "-provider=skeleton", f"-ginkgo.label-filter={_FILTER}"]
    limits = [f"-ginkgo.timeout={_SECONDS:.0f}s", "-test.timeout=0"]
    argv = [str(specifications), *which, *limits, f"-ginkgo.junit-report={report}", "-ginkgo.no-color"]
    ended = shell.run(argv, timeout=_SECONDS + 60, check=False, cwd=tmp_path)
    states = {case.attrib["name"]: case.attrib["status"] for case in _cases(report)}
    counts = Counter(states.values())
    for state, count in counts.items():
        record_property(state, count)
    failures = [name for name, state in states.items() if state not in ("passed", "skipped")]
    assert (failures, ended.returncode) == ([], 0), ended.stdout[-5000:]
    assert counts["passed"] > 0


def _cases(report: Path) -> Iterator[ElementTree.Element]:
    """The specifications; what a suite does before and after them is none."""
    for case in ElementTree.parse(report).iter("testcase"):
        if case.attrib["name"].startswith("[It]"):
            yield case


def _import_image(lab: str, directory: Path) -> None:
    """Give the node what the pods of the specifications run: no registry that the lab reaches has it."""
    root = directory / "root"
    root.mkdir()
    _go("build", "-o", str(root / "agnhost"), _IMAGES)
    version = (Path(_go("list", "-f", "{{.Dir}}", _IMAGES).strip()) / "VERSION").read_text().strip()
    layout = ImageLayout(directory / "layout")
    program_image.write(layout, f"registry.k8s.io/e2e-test-images/agnhost:{version}", {}, [root])
    layout.write_archive(directory / "agnhost.tar")
    pid, containerd = _containerd(lab)
    ctr: list[str | Path] = [containerd.with_name("ctr"), f"--address=/proc/{pid}/root{CONTAINERD_SOCKET}"]
    shell.run([*ctr, "--namespace=k8s.io", "images", "import", "--local", directory / "agnhost.tar"], timeout=120)


def _containerd(lab: str) -> tuple[int, Path]:
    """The process of the only node's containerd, and its program."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            argv = (process / "cmdline").read_text().split("\0")
            if argv[0].endswith("/containerd") and any(lab in argument for argument in argv):
                return int(process.name), Path(argv[0])
    raise AssertionError(f"no containerd of {lab}")


def _go(*arguments: str) -> str:
    go = toolchain.find().program
    return shell.run([go, *arguments], cwd=_MODULE, env=toolchain.environment(), timeout=3600).stdout
