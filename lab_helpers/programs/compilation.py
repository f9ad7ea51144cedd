"""One run of ``go build``: what it downloads and compiles as progress, what goes wrong as an error."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab_helpers import language, shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.programs import modules, toolchain

__all__ = ["Compilation"]

_DOWNLOADING = "go: downloading "
_LAST_LINES = 20
_STANDARD = "net/http"  # with all that it imports: most of the standard library that the programs use

# What in the output of `go` stands for which trouble, and the way out of it: a command, and what to know about it. The
# first that matches is told.
_TROUBLES = (
    (
        re.compile(r"no space left on device"),
        gettext_noop("the disk is full while building the embedded cluster's programs"),
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
    """Loads and builds packages of the pinned modules.

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
        self._compiled = 0

    @contextmanager
    def ahead(self, flags: Sequence[str]) -> Iterator[None]:
        """Compile the standard library, which needs no module, while what is inside downloads the modules.

        What goes wrong with it does so again in ``build``, and is told there.
        """
        argv = [str(self._go), "build", "-v", *flags, _STANDARD]
        with shell.start(argv, env=self._environment(), cwd=Path("/"), stderr=subprocess.PIPE) as process:
            try:
                yield
                _, compiled = process.communicate()
            except BaseException:
                process.kill()
                raise
        self._compiled += len(self._packages.intersection(compiled.splitlines()))

    def load(self, packages: Sequence[str]) -> None:
        """Download what the packages depend on, and count it.

        Raises:
            LabError: A module cannot be downloaded.
        """
        self._progress(_("loading the pinned modules"))
        self._run(["list", "-deps", *packages], self._packages.add)

    def build(self, packages: Sequence[str], flags: Sequence[str]) -> None:
        """Build the main packages that were loaded into the scratch directory.

        Raises:
            LabError: One does not compile.
        """
        self._progress(
            _("compiling what the build cache lacks of {count} packages, and linking").format(count=len(self._packages))
        )
        self._run(["build", "-v", *flags, "-o", f"{self._scratch}/", *packages], self._count)

    def _count(self, line: str) -> None:
        if line in self._packages:
            self._compiled += 1
            self._progress(
                _("compiling {compiled}/{count} {line}").format(
                    compiled=self._compiled, count=len(self._packages), line=line
                )
            )

    def _run(self, arguments: Sequence[str], on_line: Callable[[str], None]) -> None:
        def follow(line: str) -> None:
            if line.startswith(_DOWNLOADING):
                self._progress(_("downloading {module}").format(module=line.removeprefix(_DOWNLOADING)))
            else:
                on_line(line)

        argv = [str(self._go), *arguments]
        done = shell.stream(argv, follow, env=self._environment(), cwd=modules.DIRECTORY, check=False)
        if done.returncode != 0:
            raise self._failure(argv, done)

    def _environment(self) -> dict[str, str]:
        # The temporary files lie with the scratch directory, so that they go with it even after a SIGKILL.
        return toolchain.environment() | {"GOTMPDIR": str(self._scratch)}

    def _failure(self, argv: Sequence[str], done: shell.Completed) -> LabError:
        told = [
            line
            for line in done.stdout.splitlines()
            if line not in self._packages and not line.startswith(_DOWNLOADING)
        ]
        last = "\n".join(told[-_LAST_LINES:])
        for pattern, reason, command, remark in _TROUBLES:
            if pattern.search(last):
                step = f"{command}   # {language.gettext(remark)}"
                return LabError(language.gettext(reason), object="go " + argv[1], last_event=last, next_step=step)
        return LabError(
            _("ended with {returncode}").format(returncode=done.returncode),
            object="go " + argv[1],
            last_event=last,
            next_step=_pasteable(argv),
        )


def _pasteable(argv: Sequence[str]) -> str:
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in toolchain.environment().items())
    return f"cd {shlex.quote(str(modules.DIRECTORY))} && {variables} {shlex.join(argv)}"
