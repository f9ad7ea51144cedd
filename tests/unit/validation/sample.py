"""A small lab that is as it has to be, in a directory of its own: notebooks/ and labs/, as an author elsewhere has."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["CELLS", "write"]

_LAB = """
title = "A sample"
minutes = 7
sections = []
namespaces = ["lab-99"]

[[step]]
id = "99.1"
title = "Change a file"
minutes = 4
worked = true
sections = []
hints = ["Look into task.txt."]

[step.prediction]
question = "What does it say?"
right = "done"
replies = { done = "You changed it.", begin = "It did, before." }

[[step]]
id = "99.2"
title = "Make a namespace"
minutes = 3
worked = false
sections = []
hints = ["Which namespaces are there?", "kubectl create namespace lab-99"]
"""

_CHECKS = '''
from lab_helpers import CheckFailed, Evidence, Lab, check


@check("99.1", seconds=1)
def changed(lab: Lab) -> Evidence:
    """The file says that it is done."""
    text = (lab.workspace / "task.txt").read_text()
    if text != "done\\n":
        raise CheckFailed("done", seen=text, hint="Edit task.txt.")
    return Evidence(file=text)


@check("99.2", seconds=20)
def made(lab: Lab) -> Evidence:
    """The namespace is there."""
    if lab.client.get("namespace", "lab-99") is None:
        raise CheckFailed("a namespace lab-99", seen="none", hint="Make it.")
    return Evidence(namespace="lab-99")
'''

_EDIT = "sed -i s/begin/done/ task.txt\n"
_QUESTION = "**{number}.** Why?\n\n<details><summary>Answer</summary>\n\nSo.\n</details>\n\n"
_PARAMETERS = """provider: str = "auto"  # who makes the cluster
name: str = ""  # its name
solve: bool = None  # whether answers are given
"""

CELLS = {
    "title": (
        "markdown",
        "# 99 · A sample\n\n*About 7 minutes.* See [the web](https://kubernetes.io/docs/) and [99](#two).\n\n# two",
    ),
    "parameters": ("code", _PARAMETERS),
    "start": ("code", 'from lab_helpers import open_lab\n\nlab = open_lab("99_sample", name=name, solve=solve)'),
    "step-1": ("markdown", "## 99.1 Change a file\n\n*4 minutes.* **Predict:** what does it say?"),
    "step-1-prediction": ("code", 'prediction = "..."  # "done" or "begin"\nlab.predict("99.1", prediction)'),
    "step-1-edit": ("code", f"%%bash\n{_EDIT}"),
    "step-1-check": ("code", 'lab.check("99.1")'),
    "step-2": ("markdown", "## 99.2 Make a namespace\n\n*3 minutes.* It is called lab-99."),
    "step-2-check": ("code", 'lab.check("99.2")'),
    "recap": ("markdown", "## What is true now\n\n- A file says so."),
    "questions": ("markdown", "".join(_QUESTION.format(number=number) for number in (1, 2))),
}
"""The cells of its notebook, by id: kind and source."""

_FILES = {
    "lab.toml": _LAB,
    "__init__.py": "",
    "checks.py": _CHECKS,
    "starter/task.txt": "begin\n",
    "solution/99.1/edit.sh": _EDIT,
    "solution/99.2/run.sh": "kubectl create namespace lab-99\n",
    "wrong/misspelled/wrong.toml": 'step = "99.1"\nmistake = "It is misspelled."\nexpect = "task.txt"\n',
    "wrong/misspelled/run.sh": "echo dome > task.txt\n",
    "wrong/misspelled/card.txt": ("✗ 99.1 not yet · The file says that it is done\n"),
    "wrong/elsewhere/wrong.toml": 'step = "99.2"\nmistake = "It has another name."\nexpect = "Make it"\n',
    "wrong/elsewhere/run.sh": "kubectl create namespace lab-9\n",
    "wrong/elsewhere/undo.sh": "kubectl delete namespace lab-9\n",
}


def write(directory: Path, cells: dict[str, tuple[str, str]] | None = None) -> None:
    """Write the lab; with other cells where some are given."""
    lab = directory / "labs" / "lab_99_sample"
    for name, text in _FILES.items():
        (lab / name).parent.mkdir(parents=True, exist_ok=True)
        (lab / name).write_text(text)
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nb = {"cells": [_cell(name, *cell) for name, cell in (cells or CELLS).items()], "metadata": metadata, "nbformat": 4}
    (directory / "notebooks").mkdir(exist_ok=True)
    (directory / "notebooks" / "99_sample.ipynb").write_text(json.dumps(nb | {"nbformat_minor": 5}))


def _cell(name: str, kind: str, source: str) -> dict[str, object]:
    tags = {"parameters": ["parameters"], "step-1-edit": ["99.1"]}.get(name, [])
    code: dict[str, object] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {"tags": tags}, "source": source, **code}
