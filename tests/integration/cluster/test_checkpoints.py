"""A lab goes back to a checkpoint: what was there is there again, what was made since is gone, whatever is killed."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers import paths, shell
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError
from lab_helpers.images import registry
from lab_helpers.images.layout import ImageLayout
from lab_helpers.kube.client import Client
from lab_helpers.workbook.learner import progress
from tests.commands import Run, Start, read_until

pytestmark = pytest.mark.cluster

MANIFESTS = Path(__file__).with_name("checkpoints.yaml")

Kubectl = Callable[..., str]

_OPEN = "import sys; from lab_helpers import open_lab; open_lab('03_cluster', name=sys.argv[1], solve=False)"


def test_what_was_there_is_back_and_what_was_made_since_is_gone(
    name: str, lab: Run, start: Start, tmp_path: Path
) -> None:
    assert lab("up", "--name", name).returncode == 0
    layout = EmbeddedLayout(name, paths.cluster_directory(name), 0)
    client, images = Client(layout.kubeconfig), registry.load(layout.registry)

    def kubectl(*arguments: str, content: str | None = None) -> str:
        return shell.run(["kubectl", f"--kubeconfig={layout.kubeconfig}", *arguments], input=content, timeout=90).stdout

    busybox = json.loads(layout.images.read_text())["lab.local/busybox"]
    kubectl("apply", "-f", "-", content=MANIFESTS.read_text().replace("IMAGE", busybox))
    kubectl("create", "clusterrole", "before", "--verb=get", "--resource=pods")
    kubectl("rollout", "status", "deployment/rows", "--timeout=60s")
    first = _push(tmp_path, images, b"first", "v1")
    note, begun = _learn(name)

    saved = lab("checkpoint", "save", "lunch", "--name", name)
    assert saved.returncode == 0, saved.stderr
    size = json.loads(lab("checkpoint", "list", "--json", "--name", name).stdout)[0]["bytes"]
    assert 100_000 < size < 50_000_000, "etcd's preallocated files are not copied, and images are linked"

    kubectl("delete", "deployment/rows", "pvc/rows", "clusterrole/before", "--wait=true")
    kubectl("create", "clusterrole", "after", "--verb=get", "--resource=pods")
    registry.delete(images, "org/tiny", "v1")
    _push(tmp_path, images, b"second", "v1")
    _push(tmp_path, images, b"third", "v2")
    note.write_text("after\n")
    note.with_name("new.txt").write_text("after\n")
    progress.fresh(name, "05_first_deploy", "").write()
    assert lab("node", "add", "--name", name).returncode == 0

    restore = ("checkpoint", "restore", "lunch", "--name", name)
    killed = start(*restore)
    read_until(killed, "waiting for the API server")
    killed.kill()
    killed.wait()
    refused = lab("checkpoint", "save", "half", "--name", name)
    assert refused.returncode == 1
    assert f"next: lab {' '.join(restore)}" in refused.stderr
    assert f"next: lab {' '.join(restore)}" in lab("status", "--name", name).stdout

    restored = lab(*restore)
    assert restored.returncode == 0, restored.stderr
    assert re.search(r"checkpoint lunch is back after [\d.]+ s", restored.stdout)
    assert re.search(r"its pods are Ready after [\d.]+ s", restored.stdout)
    restored_rows = _rows(kubectl)
    assert restored_rows == [str(number) for number in range(len(restored_rows))], "none lost, none twice"
    assert client.get("clusterrole", "before") is not None
    assert client.get("clusterrole", "after") is None
    assert [node["metadata"]["name"] for node in client.list("node")] == [layout.node(1).name]
    assert not layout.node(2).directory.exists()
    assert registry.digest(images, "org/tiny", "v1") == first
    assert registry.tags(images, "org/tiny") == ("v1",)
    assert note.read_text() == "before\n"
    assert not note.with_name("new.txt").exists()
    (aside,) = paths.workspace_directory(name).glob("kept/*")
    assert {file.name: file.read_text() for file in aside.glob("03_cluster/*")} == dict.fromkeys(
        ("note.txt", "new.txt"), "after\n"
    ), "nothing of the learner's is lost, and it is kept once"
    assert progress.load(name, "05_first_deploy") is None
    current = progress.load(name, "03_cluster")
    assert current is not None
    assert current.nonce == begun.nonce
    with pytest.raises(LabError, match="nothing on this page counts"):
        begun.save()

    assert lab("checkpoint", "remove", "lunch", "--name", name).returncode == 0
    assert lab("checkpoint", "list", "--json", "--name", name).stdout.strip() == "[]"
    assert list(layout.checkpoints.iterdir()) == []

    shell.run([sys.executable, "-c", _OPEN, name], cwd=tmp_path, timeout=120)
    kubectl("create", "namespace", "lab-03")
    kubectl("create", "clusterrole", "later", "--verb=get", "--resource=pods")
    reset = lab("reset", "3", "--name", name)
    assert reset.returncode == 0, reset.stderr
    assert re.search(r"03_cluster is at its start again, after [\d.]+ s:\n  cluster    as it was", reset.stdout)
    assert client.get("namespace", "lab-03") is None
    assert client.get("clusterrole", "later") is None
    assert client.get("clusterrole", "before") is not None, "it was there when the phase was begun"


def _learn(name: str) -> tuple[Path, progress.Progress]:
    """A learner's file, and their progress."""
    note = paths.workspace_directory(name) / "03_cluster/note.txt"
    note.parent.mkdir(parents=True)
    note.write_text("before\n")
    begun = progress.fresh(name, "03_cluster", "")
    begun.write()
    return note, begun


def _push(directory: Path, images: registry.Registry, content: bytes, tag: str) -> str:
    layout = ImageLayout(directory / content.decode())
    layer = layout.add_layer(io.BytesIO(content))
    image = layout.add_image(f"ghcr.io/org/tiny:{tag}", {"architecture": "amd64", "os": "linux"}, [layer])
    return registry.push(layout, image, images, "org/tiny", tag)


def _rows(kubectl: Kubectl) -> list[str]:
    return kubectl("exec", "deploy/rows", "--", "cat", "/rows/rows").split()
