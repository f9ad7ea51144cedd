"""What 6.3 says where names are not found: how the policy comes back that the drill took away."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.kube.transport import Object
from labs.lab_06_expand import isolation
from labs.lab_06_expand.connecting import Attempt

_FILE = "infra/k8s/base/networkpolicies/prj-04-dns.yaml"
_LOOK = "kubectl -n prj-04 get networkpolicy prj-04-dns"


@pytest.mark.parametrize(
    ("policy", "has_file", "next_step"),
    [(None, True, f"kubectl apply -f {_FILE}"), (None, False, _LOOK), ({}, True, _LOOK)],
)
def test_a_policy_that_was_taken_away_is_applied_again(
    tmp_path: Path, policy: Object | None, has_file: bool, next_step: str
) -> None:
    if has_file:
        (tmp_path / _FILE).parent.mkdir(parents=True)
        (tmp_path / _FILE).touch()
    client = SimpleNamespace(get=lambda *_: policy)
    lab = cast(CheckContext, SimpleNamespace(client=client, workspace=tmp_path))
    with pytest.raises(CheckFailed) as failure:
        isolation._expect_names(lab, [Attempt("prj-04", "broker.prj-04:6379", "unknown name")])
    assert failure.value.next_step == next_step
