"""Ask the application's own source what it does, by node and without starting it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lab_helpers import CheckFailed, shell
from lab_helpers.language import gettext as _
from labs.lab_02_app_repo.splitting import APP

__all__ = ["ask"]

_SECONDS = 30
_NOT_INSTALLED = "ERR_MODULE_NOT_FOUND"


def ask(workspace: Path, script: str, file: str, *arguments: str) -> Any:  # noqa: ANN401 - whatever the script prints
    """Run one of this lab's scripts on a file of the learner's, and return what it printed.

    Args:
        workspace: Where the learner works.
        script: The script, by its name in this directory.
        file: The file, relative to the repository.
        arguments: Further arguments.

    Raises:
        CheckFailed: node cannot read the file.
    """
    argv: list[str | Path] = ["node", Path(__file__).with_name(script), workspace / APP / file, *arguments]
    result = shell.run(argv, timeout=_SECONDS, check=False)
    if result.returncode == 0:
        return json.loads(result.stdout.splitlines()[-1])
    if _NOT_INSTALLED in result.stderr and not (workspace / APP / "node_modules").is_dir():
        raise CheckFailed(
            _("the packages of package-lock.json in {repository}").format(repository=APP),
            seen=_("no node_modules"),
            hint=_("They are not in Git, and every copy of the repository installs them for itself."),
            next_step=_("in {repository}: npm ci").format(repository=APP),
        )
    raise CheckFailed(
        _("{file} to be read by node").format(file=f"{APP}/{file}"),
        seen=next((line for line in result.stderr.splitlines() if "Error" in line), result.stderr.strip()[-200:]),
        hint=_("It is not JavaScript any more, or does not export what it did."),
        next_step=f"node --check {APP}/{file}",
    )
