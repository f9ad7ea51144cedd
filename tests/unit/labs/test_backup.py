"""What 7.6 says of backups that lie open beside encrypted ones."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from labs.lab_07_operate import backup

_ENCRYPTED = b"age-encryption.org/v1\n-> X25519"
_OPEN = b"SHA256SUMS"
_TIMES = ("20260131T100005Z", "20260131T110005Z")


@pytest.mark.parametrize("name", [f"k3s-{time}.tar" for time in _TIMES])
def test_a_backup_that_lies_open_is_named_whenever_it_was_made(tmp_path: Path, name: str) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    for time in _TIMES:
        (directory / f"k3s-{time}.tar.age").write_bytes(_ENCRYPTED)
    (directory / name).write_bytes(_OPEN)
    with pytest.raises(CheckFailed) as failure:
        backup.backup_readable.look(cast(CheckContext, SimpleNamespace(workspace=tmp_path)))
    assert failure.value.seen == f"backups/{name}: whoever finds it can read it"
    assert failure.value.next_step == f"rm backups/{name}"


def test_the_last_of_encrypted_backups_is_read_back(tmp_path: Path) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    for time in _TIMES:
        (directory / f"k3s-{time}.tar.age").write_bytes(_ENCRYPTED)
    with pytest.raises(CheckFailed, match="the key that opens it"):
        backup.backup_readable.look(cast(CheckContext, SimpleNamespace(workspace=tmp_path)))
