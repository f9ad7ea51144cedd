"""The tag that a Deploy repository writes down is the one that the App repository gives: by the same rule, in both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from lab_helpers import checkout, shell
from tests.unit.app import pipeline
from tests.unit.app.pipeline import AppRepository

SCRIPTS = checkout.source_directory() / "infra/_shared/scripts/build"
SH, PS1 = SCRIPTS / "generate_build_tag.sh", SCRIPTS / "generate_build_tag.ps1"
PWSH = shell.find("pwsh")
NO_PWSH = "no pwsh on PATH, so that generate_build_tag.ps1 is parsed and compared here, and run elsewhere"

COMMANDS = {
    "sh": [str(SH)],
    "ps1": ["pwsh", "-NoProfile", "-File", str(PS1)],
}
each = pytest.mark.parametrize(
    "script", ["sh", pytest.param("ps1", marks=pytest.mark.skipif(PWSH is None, reason=NO_PWSH))]
)


@pytest.fixture
def repository(tmp_path: Path) -> AppRepository:
    return pipeline.make(tmp_path)


def _run(script: str, repository: AppRepository) -> shell.Completed:
    return shell.run([*COMMANDS[script], repository.directory], check=False)


@each
@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["v1.2.3"],
        ["v1.9.0", "v1.10.0"],
        ["nightly", "v2.0.0", "v2.0.0-rc.1", "V3.0.0"],
        ["v1.2", "1.2.3", "latest"],
    ],
    ids=" ".join,
)
def test_it_is_what_the_app_repository_says(script: str, tags: list[str], repository: AppRepository) -> None:
    for tag in tags:
        repository.git("tag", tag)
    assert _run(script, repository).stdout == repository.run("tag").stdout


@each
def test_what_is_not_committed_has_none_in_either(script: str, repository: AppRepository) -> None:
    (repository.directory / "new").touch()
    refused = _run(script, repository)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "?? new\n  next: git add" in refused.stderr


@each
@pytest.mark.parametrize("has_repository", [True, False])
def test_without_a_commit_it_is_said_which_repository_it_was(
    script: str, has_repository: bool, repository: AppRepository, tmp_path: Path
) -> None:
    if has_repository:
        repository.git("update-ref", "-d", "HEAD")
    else:
        (repository.directory / ".git").rename(tmp_path / "git")
    refused = _run(script, repository)
    assert refused.returncode == 1
    assert f"{repository.directory}: no commit here that a tag could name" in refused.stderr


def test_both_scripts_ask_git_the_same_and_take_the_same_names_for_releases() -> None:
    rules = []
    for script in (SH, PS1, pipeline.SCRIPT):
        text = script.read_text()
        arguments = re.findall(r"git (?:-C \S+ )?((?:rev-parse --quiet|status|tag) [^|)\n]*)", text.replace("'", ""))
        names = re.findall(r"v\[0-9\]\S*?\+(?=['$])", text)
        rules.append(({argument.replace(" >/dev/null", "").split(" || ")[0].strip() for argument in arguments}, names))
    assert rules[0] == rules[1] == rules[2]
    assert all(len(arguments) == 3 and len(names) == 1 for arguments, names in rules)


def test_the_script_for_powershell_can_be_parsed() -> None:
    parser = Parser(Language(tree_sitter_powershell.language()))
    script = PS1.read_bytes()
    assert not parser.parse(script).root_node.has_error
    assert parser.parse(script.replace(b"}", b"", 1)).root_node.has_error
