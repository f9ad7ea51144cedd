"""kubeadm, the one program of a node that the embedded cluster has no use for, built from its own pinned go.mod."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import paths, shell, versions
from lab_helpers.cluster.base import Report
from lab_helpers.files import content_key, once
from lab_helpers.programs import toolchain
from lab_helpers.programs.progress import Paced

__all__ = ["build"]

_DIRECTORY = Path(__file__).parent / "gobuild"
_STAMP = "k8s.io/component-base/version"


def build(report: Report) -> Path:
    """The program, built at first use (three minutes on two cores)."""

    def make(part: Path) -> None:
        flags = ["-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", f"-ldflags={_linker_flags()}"]
        go = toolchain.find().program
        with Paced(report) as progress:
            progress(f"building kubeadm v{versions.KUBERNETES}")
            shell.run([go, "build", *flags, "-o", part, "tool"], cwd=_DIRECTORY, env=toolchain.environment())

    key = content_key(_DIRECTORY / "go.mod", _DIRECTORY / "go.sum", _linker_flags())
    return once(paths.cache_directory() / "kind-machine" / f"kubeadm-{key}", make)


def _linker_flags() -> str:
    major, minor, _ = versions.KUBERNETES.split(".")
    stamps = {"gitVersion": f"v{versions.KUBERNETES}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(["-s", "-w", *(f"-X={_STAMP}.{name}={value}" for name, value in stamps.items())])
