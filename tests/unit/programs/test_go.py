"""A program is built by the real Go toolchain, with its pins and its variables, and no second time for a neighbour."""

from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.programs import ProgramSource, modules, resolve, toolchain

_GO_MOD = """\
module example.org/lab/{name}

go 1.26.6

tool example.org/lab/{name}

require example.org/greeting v1.2.3

replace example.org/greeting => ./greeting
"""
_MAIN = """\
package main

import "example.org/greeting"

var version string

func main() { println(greeting.Text, version) }
"""


def _declare(directory: Path) -> None:
    greeting = directory / "greeting"
    greeting.mkdir(parents=True)
    (directory / "go.mod").write_text(_GO_MOD.format(name=directory.name))
    (directory / "main.go").write_text(_MAIN)
    (directory / "program.toml").write_text('[variables]\n"main.version" = "v{version}"\n')
    (greeting / "go.mod").write_text("module example.org/greeting\n\ngo 1.26.6\n")
    (greeting / "greeting.go").write_text('package greeting\n\nconst Text = "hello"\n')


def test_a_directory_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = toolchain.find().program
    monkeypatch.setenv("GOCACHE", shell.run([go, "env", "GOCACHE"]).stdout.strip())  # which would lie with the other
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(modules, "DIRECTORY", tmp_path / "programs")
    _declare(tmp_path / "programs" / "first")

    built = resolve(lambda _line: None, "first")
    _declare(tmp_path / "programs" / "second")
    both = resolve(lambda _line: None, "first", "second")

    assert shell.run([built["first"]]).stderr == "hello v1.2.3\n"
    assert both.sources == {"first": ProgramSource.CACHE, "second": ProgramSource.BUILD}
