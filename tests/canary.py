"""A secret value planted in every notebook, and looked for in all that a run leaves."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import nbformat

from lab_helpers import checkout
from lab_helpers.run.notebooks import list_notebooks

__all__ = ["SHOWN", "VARIABLE", "draw", "leaks", "write_checkout"]

VARIABLE = "LAB_TEST_CANARY"
"""The environment variable that names the file with the value."""

SHOWN = 10
"""How many times at the least a notebook shows the value, masked."""

_LETTERS = 10  # of the value, or of its base64, that nobody may read either

# Into the cluster, as a learner's own Secret would come there, and into the log of a pod that has it.
_PLANT = """\
%%bash
kubectl create namespace NAMESPACE
kubectl -n NAMESPACE create secret generic canary --from-file=TOKEN="$LAB_TEST_CANARY"
image=$(kubectl -n kube-system get deployment coredns -o jsonpath='{..containers[*].image}')
image=$(echo "$image" | sed s,/coredns:,/busybox:,)
kubectl -n NAMESPACE apply -f - <<EOF
apiVersion: v1
kind: Pod
metadata: {name: canary}
spec:
  restartPolicy: Never
  containers:
    - name: canary
      image: "$image"
      command: [sh, -c, "echo started with \\$TOKEN; exit 1"]
      envFrom: [{secretRef: {name: canary}}]
EOF
kubectl -n NAMESPACE wait pod/canary --for=jsonpath='{.status.phase}'=Failed --timeout=60s
"""
# As Kubernetes, kustomize, kubeseal's input, SOPS, Helm's values and a container's environment show it.
_SHOW = """\
%%bash
kubectl -n NAMESPACE get secret canary -o yaml
kubectl -n NAMESPACE get secret canary -o json
kubectl -n NAMESPACE get secret canary -o jsonpath='{.data.TOKEN}' | base64 -d && echo
kubectl -n NAMESPACE logs canary
kubectl -n NAMESPACE create secret generic again --from-file=TOKEN="$LAB_TEST_CANARY" --dry-run=client -o yaml
printf 'URL=postgresql://lab:%s@db.example.svc.cluster.local:5432/lab?sslmode=disable\\n' \\
  "$(cat "$LAB_TEST_CANARY")" >canary.env
cat canary.env
base64 canary.env
kubectl create secret generic address --from-env-file=canary.env --dry-run=client -o yaml
printf 'database:\\n  password: "%s"\\n' "$(cat "$LAB_TEST_CANARY")"
rm canary.env
kubectl delete namespace NAMESPACE --wait=false
"""
_TELL = """\
import base64, os, pathlib
from lab_helpers import events
canary = pathlib.Path(os.environ["LAB_TEST_CANARY"]).read_text()
events.emit("cell", title=f"a title with {canary}", state="skipped", reason=base64.b64encode(canary.encode()).decode())
print(canary)
{"as a result": canary}
"""


def draw(file: Path) -> str:
    """Draw a value that is nowhere else, and write it to a private file."""
    value = secrets.token_hex(16)
    file.touch(mode=0o600)
    file.write_text(value)
    return value


def write_checkout(directory: Path) -> Path:
    """A checkout that differs from this one in its notebooks only: each plants the value, and shows it in every way."""
    for path in checkout.source_directory().iterdir():
        if path.name != "notebooks":
            (directory / path.name).symlink_to(path)
    (directory / "notebooks").mkdir()
    for notebook in list_notebooks():
        content = nbformat.read(notebook, as_version=4)
        opens = next(index for index, cell in enumerate(content.cells) if "open_lab(" in cell.source)
        namespace = f"canary-{notebook.stem.partition('_')[0]}"
        sources = [source.replace("NAMESPACE", namespace) for source in (_PLANT, _SHOW, _TELL)]
        content.cells[opens + 1 : opens + 1] = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(content, directory / "notebooks" / notebook.name)
    return directory


def leaks(text: str, value: str) -> list[str]:
    """The parts of a value that can be read in a text: as it is, or as base64 at whichever place of a longer text."""
    return sorted({part for form in _forms(value) for part in _parts(form) if part in text})


def _forms(value: str) -> Iterator[str]:
    yield value
    data = value.encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        yield encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


def _parts(form: str) -> Iterator[str]:
    for start in range(len(form) - _LETTERS + 1):
        yield form[start : start + _LETTERS]
