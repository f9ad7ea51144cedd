"""What one process holds is refused to others, and told by whom; a hold ends with its process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab_helpers import locks
from lab_helpers.errors import LabError
from lab_helpers.locks import hold, is_held, take

HOLD = """
import pathlib, sys
from lab_helpers.locks import take
held = take(pathlib.Path(sys.argv[1]), "lab run", object="", next_step="")
print("held", flush=True)
sys.stdin.read()
"""


def test_who_comes_second_is_told_who_holds_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "run"
    with hold(file, "lab run", object="lab a", next_step="lab run --name b"):
        assert is_held(file)
        with pytest.raises(LabError) as failure, hold(file, "other", object="lab a", next_step="lab run --name b"):
            pass
        assert str(failure.value).startswith(f"lab a: is in use: process {os.getpid()} (lab run), since ")
        assert failure.value.next_step == "lab run --name b"
        assert is_held(file), "whoever was refused took nothing away"
    assert not is_held(file)
    assert not file.exists()
    with hold(file, "lab run", object="", next_step=""):
        pass


def test_a_hold_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    file = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", HOLD, file], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LabError, match=f"process {holder.pid}"):
            take(file, "other", object="", next_step="")
        holder.kill()
    take(file, "other", object="", next_step="").close()


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="cannot be written"):
        take(tmp_path / "file" / "run", "lab run", object="", next_step="")


def test_work_that_another_process_is_at_is_waited_for_and_that_is_told(tmp_path: Path) -> None:
    lines: list[str] = []
    with (tmp_path / "work.lock").open("w") as other:
        locks.lock(other)

        def tell() -> None:
            lines.append("waiting")
            other.close()  # only now does the other holder let go

        with locks.exclusively(tmp_path / "work", tell):
            assert lines == ["waiting"]
    with locks.exclusively(tmp_path / "work", tell):
        assert lines == ["waiting"], "nobody was at it"
