"""Runs of ``go build``: what they download and compile as progress, what goes wrong as an error."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab_helpers import language, shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.programs import toolchain
from lab_helpers.programs.modules import binary

__all__ = ["Compilation"]

_DOWNLOADING = "go: downloading "
_LAST_LINES = 20
_STANDARD = "net/http"  # with all that it imports: most of the standard library that the programs use

# What in the output of `go` stands for which trouble, and the way out of it: a command, and what to know about it. The
# first that matches counts.
_TROUBLES = (
    (
        re.compile(r"no space left on device"),
        gettext_noop("the disk is full while programs are being built"),
        "df -h ~/.cache",
        gettext_noop("then make room: a first build needs about 10 GB there"),
    ),
    (
        re.compile(
            r"dial tcp|no such host|i/o timeout|TLS handshake timeout|proxyconnect|connection re(fused|set)"
            r"|\b(403 Forbidden|407 Proxy|50[234] )|module lookup disabled|certificate"
        ),
        gettext_noop("a Go module cannot be downloaded"),
        "go env GOPROXY",
        gettext_noop("must name a Go module proxy that this network reaches; then run the lab again"),
    ),
)


class Compilation:
    """Loads and builds packages, of one directory with a go.mod after the other.

    Args:
        go: The ``go`` to run.
        scratch: Takes the programs, and the compiler's temporary files.
        progress: Told what happens, many lines a second.
    """

    def __init__(self, go: Path, scratch: Path, progress: Callable[[str], None]) -> None:
        self._go = go
        self._scratch = scratch
        self._progress = progress
        self._packages: set[str] = set()
        self._compiled: set[str] = set()

    @contextmanager
    def ahead(self, flags: Sequence[str]) -> Iterator[None]:
        """Compile the standard library, which needs no module, while what is inside downloads the modules.

        What goes wrong with it does so again in ``build``, and becomes an error there.
        """
        argv = [str(self._go), "build", "-v", *flags, _STANDARD]
        environment = self._environment()
        with shell.start(argv, env=environment, cwd=Path("/"), stderr=subprocess.PIPE, own_group=True) as process:
            try:
                yield
                _, compiled = process.communicate()
            except BaseException:
                shell.kill_group(process)  # `go` and its compilers
                raise
        self._compiled |= self._packages.intersection(compiled.splitlines())

    def load(self, directory: Path, packages: Iterable[str], flags: Sequence[str]) -> None:
        """Download what the packages depend on, and count it.

        Args:
            directory: Where the go.mod lies that pins it.
            packages: The main packages.
            flags: Those that decide what they import.

        Raises:
            LabError: A module cannot be downloaded.
        """
        self._progress(_("loading the pinned modules"))
        lines: list[str] = []
        self._run(directory, ["list", "-deps", *flags, *packages], lines.append)
        self._packages.update(lines)  # those of one that failed tell why

    def build(self, directory: Path, packages: Mapping[str, str], flags: Sequence[str]) -> Path:
        """Build main packages that were loaded, and return the directory in which their programs lie.

        Args:
            directory: Where the go.mod lies that pins what they depend on.
            packages: The main packages, by the name of the program.
            flags: For the compiler and the linker.

        Raises:
            LabError: One does not compile.
        """
        self._progress(
            _("compiling what the build cache lacks of {count} packages, and linking").format(count=len(self._packages))
        )
        binaries = self._scratch / directory.name
        binaries.mkdir()
        self._run(directory, ["build", "-v", *flags, "-o", f"{binaries}/", *packages.values()], self._count)
        for name, package in packages.items():
            (binaries / binary(package)).rename(binaries / name)
        return binaries

    def _count(self, line: str) -> None:
        if line in self._packages:
            self._compiled.add(line)
            self._progress(
                _("compiling {compiled}/{count} {line}").format(
                    compiled=len(self._compiled), count=len(self._packages), line=line
                )
            )

    def _run(self, directory: Path, arguments: Sequence[str], on_line: Callable[[str], None]) -> None:
        def follow(line: str) -> None:
            if line.startswith(_DOWNLOADING):
                self._progress(_("downloading {module}").format(module=line.removeprefix(_DOWNLOADING)))
            else:
                on_line(line)

        argv = [str(self._go), *arguments]
        done = shell.stream(argv, follow, env=self._environment(), cwd=directory, check=False)
        if done.returncode != 0:
            raise self._failure(directory, argv, done)

    def _environment(self) -> dict[str, str]:
        # The temporary files lie with the scratch directory, so that they go with it even after a SIGKILL.
        return toolchain.environment() | {"GOTMPDIR": str(self._scratch)}

    def _failure(self, directory: Path, argv: Sequence[str], done: shell.Completed) -> LabError:
        messages = [
            line
            for line in done.stdout.splitlines()
            if line not in self._packages and not line.startswith(_DOWNLOADING)
        ]
        last = "\n".join(messages[-_LAST_LINES:])
        for pattern, reason, command, remark in _TROUBLES:
            if pattern.search(last):
                step = f"{command}   # {language.gettext(remark)}"
                return LabError(language.gettext(reason), object="go " + argv[1], last_event=last, next_step=step)
        return LabError(
            _("ended with {returncode}").format(returncode=done.returncode),
            object="go " + argv[1],
            last_event=last,
            next_step=_pasteable(directory, argv),
        )


def _pasteable(directory: Path, argv: Sequence[str]) -> str:
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in toolchain.environment().items())
    return f"cd {shlex.quote(str(directory))} && {variables} {shlex.join(argv)}"
