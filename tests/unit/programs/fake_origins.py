"""Stand-ins for where programs come from: scripts on PATH, a `go` that builds nothing, a release server."""

from __future__ import annotations

import hashlib
import io
import platform
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab_helpers import versions
from lab_helpers.cluster.embedded import doctor
from lab_helpers.programs import Programs, download, programs, resolve, toolchain

KUBERNETES_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
ALL_PROGRAMS = {
    *KUBERNETES_PROGRAMS,
    "etcd",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
    "coredns",
    "local-path-provisioner",
    "registry-front",
}
BUILDS = 6  # directories that these are built from

# What `go` does here: tells its version, lists the packages it is given, writes a file for each it "builds".
_GO = """#!/bin/sh
echo "$*" >> '{log}'
case "$1" in
env)
  case "$2" in GOVERSION) echo '{version}'; echo;; *) echo '{module_cache}'; echo '{proxy}';; esac
  exit 0;;
list) {before_list}
  shift 2; for package; do echo "$package"; done; exit 0;;
esac
while [ $# -gt 0 ]; do
  case "$1" in -o) out=$2; shift 2;; -*|build) shift;; *) packages="$packages $1"; shift;; esac
done
[ "$out" ] || {{ {ahead}
  exit 0; }}
{before_build}
for package in $packages; do
  name=${{package##*/}}; [ "$name" = v3 ] && name=server
  echo "$package" >&2
  echo "built $package" > "$out$name"
done
"""


class Machine:
    """A machine whose PATH, cache and network hold only what a test puts there."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.log = directory / "go.log"
        self.cache = directory / "cache" / "kubernetes-lab" / "binaries"
        self.reports: list[str] = []
        self._monkeypatch = monkeypatch
        setpriv = shutil.which("setpriv")
        if setpriv:  # so that what a test starts dies with it
            (self.bin / "setpriv").symlink_to(setpriv)
        for module in (programs, toolchain, download):  # a script starts late on a machine that is busy
            monkeypatch.setattr(module, "_PATIENCE", 300)
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.setenv("XDG_CACHE_HOME", str(directory / "cache"))
        monkeypatch.setenv("LAB_RELEASES_URL", "")
        monkeypatch.setenv("NO_PROXY", "*")

    def install(self, name: str, script: str) -> None:
        """Put a shell script on PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def install_go(
        self,
        version: str = "go1.26.8",
        *,
        before_list: str = ":",
        ahead: str = ":",
        before_build: str = "",
        proxy: str = "off",
        path: Path | None = None,
    ) -> None:
        """Put the stand-in for `go` on PATH, or elsewhere."""
        go = path or self.bin / "go"
        go.parent.mkdir(parents=True, exist_ok=True)
        go.write_text(
            _GO.format(
                log=self.log,
                version=version,
                before_list=before_list,
                ahead=ahead,
                before_build=before_build,
                proxy=proxy,
                module_cache=self.bin.parent / "module-cache",
            )
        )
        go.chmod(0o755)

    def resolve(self, *names: str) -> Programs:
        """Resolve all that a cluster is made of, or what is named, with the reports kept."""
        return resolve(self.reports.append, *(names or doctor.PROGRAMS))

    def resolve_apart(self) -> subprocess.Popen[str]:
        """Resolve in a process of its own."""
        program = (
            "from functools import partial; from lab_helpers.programs import resolve; "
            f"resolve(partial(print, flush=True), *{doctor.PROGRAMS})"
        )
        return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)

    def builds(self) -> list[set[str]]:
        """The packages of each `go build` of programs so far."""
        calls = [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [{word for word in call if "/" in word and word[0].isalpha()} for call in calls if "-o" in call]

    def half_made(self) -> list[Path]:
        """What lies in the cache beside finished programs and the lock."""
        return [path for path in self.cache.glob("*") if path.name.startswith("partial-")]

    @contextmanager
    def served(self, content: bytes, *, status: int = 200, missing: int = 0) -> Iterator[Releases]:
        """Serve a release archive to this machine."""
        with Releases(content, status=status, missing=missing) as releases:
            self._monkeypatch.setenv("LAB_RELEASES_URL", releases.url)
            yield releases

    def pin_archive(self, content: bytes, *, digest: str = "") -> None:
        """Pin a release archive for this machine."""
        pinned = versions.Archive("v1/server.tar.gz", digest or hashlib.sha512(content).hexdigest(), "a test")
        self._monkeypatch.setitem(versions.SERVER_ARCHIVES, platform.machine(), pinned)


def server_archive(names: Sequence[str] = (*KUBERNETES_PROGRAMS, "kubeadm"), *, mark: str = "released") -> bytes:
    """An archive laid out as Kubernetes' server archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as members:
        for name in ("LICENSES", *(f"server/bin/{name}" for name in names), "server/bin/kube-apiserver.tar"):
            content = f"{mark} {name}".encode()
            member = tarfile.TarInfo(f"kubernetes/{name}")
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return archive.getvalue()


class Releases:
    """A server of one release archive on loopback.

    Args:
        content: What it answers with.
        status: Its HTTP status.
        missing: How many bytes it keeps back of what it announced.
    """

    def __init__(self, content: bytes, *, status: int = 200, missing: int = 0) -> None:
        self.requests: list[str] = []
        releases = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                releases.requests.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) - missing])

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Releases:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
