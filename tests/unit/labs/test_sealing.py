"""What a learner may have done to the files of values that 4.6 and 4.7 compare with the cluster."""

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
