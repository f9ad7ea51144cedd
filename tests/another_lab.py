"""A checkout with one more notebook, as its author would write it: a lab's directory, a notebook, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from lab_helpers import checkout

__all__ = ["NOTEBOOK", "write_checkout"]

NOTEBOOK = "99_greeting"

_LAB = """
title = "A greeting"
minutes = 5
sections = ["3.3"]
namespaces = ["lab-99"]

[rights]
"deployments.apps/scale" = ["deletecollection"]

[makes]
lab-99 = ["configmap/greeting"]

[vary]
word = ["hello", "howdy", "welcome"]

[[step]]
id = "99.1"
title = "Write a word down"
minutes = 5
worked = true
needs = ["namespaces"]
sections = ["3.3"]
hints = ["Which ConfigMap, in which namespace, has your word?"]
"""

_CHECKS = '''
"""What proves the step of notebook 99."""

from lab_helpers import CheckFailed, Evidence, Lab, check
from lab_helpers.language import gettext as _


@check("99.1")
def has_the_word(lab: Lab) -> Evidence:
    """The ConfigMap has the word that was drawn."""
    greeting = lab.client.get("configmap", "greeting", "lab-99")
    word = greeting["data"]["word"] if greeting else ""
    if word != lab.vary["word"]:
        raise CheckFailed(_("your word in configmap/greeting"), seen=word or _("none"), hint=_("Look at $LAB_WORD."))
    return Evidence(word=word)
'''

_SOLUTION = """\
kubectl create namespace lab-99 --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-99 create configmap greeting --from-literal=word="$LAB_WORD"
"""

_WRONG = """
step = "99.1"
mistake = "A word of one's own."
expect = "your word in configmap/greeting"
"""

_PARAMETERS = """\
provider: str = "auto"  # who makes the cluster if none of that name runs
name: str = ""  # the cluster's name
solve: bool = None  # True answers what is left to you"""

_OPEN = f"""\
from lab_helpers import open_lab

lab = open_lab("{NOTEBOOK}", provider=provider, name=name, solve=solve)
lab"""

_QUESTIONS = "<details><summary>Answer</summary>\n\nYes.\n</details>\n\n" * 2


def write_checkout(directory: Path) -> Path:
    """Make a checkout of all that is in this one, and the notebook."""
    for part in ("app", "infra", "docs"):
        (directory / part).symlink_to(checkout.source_directory() / part)
    for part in ("labs", "notebooks"):
        (directory / part).mkdir()
        for path in (checkout.source_directory() / part).iterdir():
            (directory / part / path.name).symlink_to(path)
    _write_lab(directory / "labs" / f"lab_{NOTEBOOK}")
    (directory / "notebooks" / f"{NOTEBOOK}.ipynb").write_text(json.dumps(_notebook(), indent=1))
    return directory


def _write_lab(lab: Path) -> None:
    files = {
        "__init__.py": '"""Notebook 99: a greeting."""\n',
        "lab.toml": _LAB,
        "checks.py": _CHECKS.lstrip(),
        "solution/99.1/run.sh": _SOLUTION,
        "wrong/another_word/wrong.toml": _WRONG,
        "wrong/another_word/run.sh": _SOLUTION.replace("$LAB_WORD", "bye"),
    }
    for name, text in files.items():
        (lab / name).parent.mkdir(parents=True, exist_ok=True)
        (lab / name).write_text(text)


def _notebook() -> dict[str, object]:
    cells = [
        _cell("title", "# 99 · A greeting\n\n*About 5 minutes, one step.*"),
        _cell("parameters", _PARAMETERS, "parameters"),
        _cell("start", _OPEN),
        _cell("step-1", "## 99.1 Write a word down\n\n*5 minutes.* Your word is in `$LAB_WORD`."),
        _cell("step-1-write", f"%%bash\n{_SOLUTION.rstrip()}", "99.1"),
        _cell("step-1-check", 'lab.check("99.1")'),
        _cell("recap", "## What is true now\n\n- A ConfigMap has your word. *(§3.3)*"),
        _cell("questions", f"## Two questions\n\n{_QUESTIONS}"),
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _cell(name: str, source: str, *tags: str) -> dict[str, object]:
    is_prose = source.startswith("#")
    cell: dict[str, object] = {"cell_type": "markdown" if is_prose else "code", "id": name, "source": source}
    return cell | {"metadata": {"tags": list(tags)}} | ({} if is_prose else {"outputs": [], "execution_count": None})
