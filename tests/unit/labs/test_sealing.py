"""What a learner may have done to the files of values, and to the keys, that 4.6 and 4.7 compare with the cluster."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed, shell
from labs.lab_04_deploy_repo import sealing
from labs.lab_04_deploy_repo.rendering import OVERLAY, REPOSITORY

_AS = ("-c", "user.name=L", "-c", "user.email=l@example.com")


def test_a_file_of_values_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / OVERLAY / "secrets/prj-02.env"
    file.parent.mkdir(parents=True)
    shell.run(["git", "init", "--quiet", "--initial-branch=main", tmp_path / REPOSITORY])
    shell.run(["git", "-C", tmp_path / REPOSITORY, *_AS, "commit", "--quiet", "--allow-empty", "--message", "Begin"])
    file.write_bytes("API_TOKEN=x\nNOTE=가나다\n".encode("euc-kr"))
    with pytest.raises(CheckFailed) as failure:
        sealing.sealed_in_git.look(cast(CheckContext, SimpleNamespace(workspace=tmp_path)))
    assert "line 2 is no text in UTF-8" in str(failure.value)
    assert "prj-02.env" in str(failure.value)


_BEFORE = {"sealing keys": {"old": "1"}, "sealed": {"TOKEN": "first"}, "unsealed": "secret-1"}


@pytest.mark.parametrize(
    ("keys", "sealed", "is_kept"),
    [
        ({"old": "1"}, "first", False),  # nothing is lost yet
        ({"old": "1", "new": "2"}, "second", False),
        ({"new": "2"}, "first", True),  # lost
        ({"old": "3", "new": "2"}, "first", True),  # lost, and back
        ({"old": "3", "new": "2"}, "second", True),
        ({"new": "2"}, "second", False),  # lost without a copy, and all of it sealed with the new key
    ],
)
def test_what_was_there_before_the_loss_is_kept_as_long_as_it_can_come_back(
    keys: dict[str, str], sealed: str, is_kept: bool
) -> None:
    secrets = [{"metadata": {"name": name, "uid": uid}} for name, uid in keys.items()]
    lab = SimpleNamespace(client=SimpleNamespace(list=lambda *_: secrets), observations=dict(_BEFORE))
    sealing._remember(
        cast(CheckContext, lab), {"spec": {"encryptedData": {"TOKEN": sealed}}}, {"metadata": {"uid": "secret-2"}}
    )
    after = {"sealing keys": keys, "sealed": {"TOKEN": sealed}, "unsealed": "secret-2"}
    assert lab.observations == (_BEFORE if is_kept else after)
