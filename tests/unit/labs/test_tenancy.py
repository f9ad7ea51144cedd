"""What 6.4 says of a right that is missing: the question to the API server, as kubectl takes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from labs.lab_06_expand import tenancy


@pytest.mark.parametrize(
    ("missing", "question"), [("pods/exec", "create pods --subresource=exec"), ("secrets", "get secrets")]
)
def test_a_subresource_is_no_name_of_an_object(missing: str, question: str) -> None:
    def is_allowed(_verb: str, resource: str, *_place: str, **_team: Any) -> bool:
        return resource != missing

    lab = cast(CheckContext, SimpleNamespace(client=SimpleNamespace(is_allowed=is_allowed)))
    with pytest.raises(CheckFailed) as failure:
        tenancy._expect_rights(lab)
    assert failure.value.next_step == (f"kubectl auth can-i {question} -n prj-02 --as=somebody --as-group=prj-02-team")
