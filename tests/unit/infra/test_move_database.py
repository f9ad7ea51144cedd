"""The script that moves a database, where it was interrupted before."""

from __future__ import annotations

import os
from pathlib import Path

from lab_helpers import shell

# A server whose prj_01_before was renamed; what it is told to change is written down.
_KUBECTL = """#!/bin/sh
case "$*" in
    *"--command=SELECT 1 FROM pg_database WHERE datname = 'prj_01_before'") echo 1 ;;
    *" exec "*psql*) cat >>"$HOME/changes" ;;
esac
"""


def test_what_was_renamed_is_opened_again(template: Path, tmp_path: Path) -> None:
    (tmp_path / "kubectl").write_text(_KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    (tmp_path / "changes").touch()
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    ended = shell.run([template / "_shared/scripts/migrate/move-database.sh", "close"], env=environment)
    assert ended.stdout == "the database prj_01 of the shared server is shut already\n"
    assert (tmp_path / "changes").read_text() == "ALTER DATABASE prj_01_before ALLOW_CONNECTIONS true;\n"
