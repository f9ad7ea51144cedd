"""What cells and steps need of the cluster is read, and what it lacks is skipped by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from lab_helpers import checkout
from lab_helpers.cluster.base import Capability
from lab_helpers.errors import LabError
from lab_helpers.workbook.course import needs

_ALL = frozenset(Capability)
_NONE: needs.Needs = frozenset()

_SCRIPT = """\
kubectl get pods

# needs: cluster-read, namespaces
kubectl get nodes \\
    -o wide
kubectl create namespace n

kubectl get pvc
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# needs: cluster-read\nkubectl get nodes", {Capability.CLUSTER_READ}),
        ("#needs: namespaces, cluster-read ", {Capability.CLUSTER_READ, Capability.NAMESPACES}),
        ("kubectl get nodes\n# needs: cluster-read", set()),
        ("# It needs: patience", set()),
        ("", set()),
    ],
)
def test_the_first_line_says_it(source: str, expected: set[Capability]) -> None:
    assert needs.required_capabilities(source) == expected


def test_an_unknown_need_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(LabError, match=r"'moon' .*cluster-read"):
        needs.required_capabilities("# needs: moon\n")


def test_a_paragraph_is_left_out_and_the_lines_keep_their_numbers() -> None:
    skipped: list[tuple[str, needs.Needs]] = []
    remaining = needs.without(_SCRIPT, frozenset({Capability.NAMESPACES}), lambda *arguments: skipped.append(arguments))
    assert skipped == [("kubectl get nodes", frozenset({Capability.CLUSTER_READ}))]
    assert remaining.splitlines() == ["kubectl get pods", "", "", "", "", "", "", "kubectl get pvc"]


def test_nothing_is_left_out_where_everything_is_there() -> None:
    assert needs.without(_SCRIPT, _ALL, lambda *_: pytest.fail("skipped")) == _SCRIPT


@pytest.fixture
def shell() -> Iterator[Any]:
    make: Any = InteractiveShell
    shell = make()
    yield shell
    shell.history_manager.end_session()


def test_a_python_cell_skips_itself(shell: Any) -> None:
    skipped: list[tuple[str, needs.Needs]] = []
    for _ in range(2):  # as when the first cell is run again
        needs.register(shell, _NONE, lambda *arguments: skipped.append(arguments))
    result = shell.run_cell("# needs: cluster-read\nfrom os import sep\nlook(f'{sep}')\n")
    result.raise_error()
    assert skipped == [("look(f'{sep}')", frozenset({Capability.CLUSTER_READ}))]
    shell.run_cell("seen = 1").raise_error()
    assert shell.user_ns["seen"] == 1


def test_a_python_cell_runs_where_everything_is_there(shell: Any) -> None:
    needs.register(shell, _NONE, lambda *_: None)
    needs.register(shell, _ALL, lambda *_: pytest.fail("skipped"))
    shell.run_cell("# needs: cluster-read\nseen = 2").raise_error()
    assert shell.user_ns["seen"] == 2


def test_the_reason_names_what_lacks_and_who_lacks_it() -> None:
    reason = needs.reason(frozenset({Capability.CLUSTER_READ, Capability.NAMESPACES}), "existing")
    assert "cluster-read (look at what lies outside its own namespaces) and namespaces (" in reason
    assert reason.endswith("provider existing does not give")


def test_every_capability_has_a_meaning() -> None:
    assert needs.reason(_ALL, "p")


def test_every_solution_says_known_needs() -> None:
    for script in checkout.labs_directory().glob("*/solution/*/*.sh"):
        needs.without(script.read_text(), _NONE, lambda *_: None)
