"""The programs the embedded cluster runs, and how one found on PATH tells whether it fits."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.programs import modules

__all__ = ["PROGRAMS", "Program", "on_path"]

_PATIENCE = 5.0  # seconds a program on PATH has to tell its version

_KUBERNETES = "k8s.io/kubernetes"
_CONTAINERD = "github.com/containerd/containerd/v2"
_OWN = "kubernetes-lab/embedded-binaries"  # the module that go.mod is of, for a main package beside it


@dataclass(frozen=True)
class Program:
    """One program.

    Attributes:
        name: As it is called.
        package: The main package it is built from.
        module: The module it is made of, by which go.mod pins its version.
        ask: The arguments that make it tell its version; empty where only the pinned build will do.
        link_name: What ``go build`` calls it.
        builds_alone: Whether its dependencies cannot be loaded together with the others'.
    """

    name: str
    package: str
    module: str
    ask: tuple[str, ...] = ("--version",)
    link_name: str = ""
    builds_alone: bool = False

    @property
    def version(self) -> str:
        """The pinned version, without its ``v``."""
        return modules.version(self.module)

    @property
    def is_in_server_archive(self) -> bool:
        """Whether Kubernetes' own release archive holds it."""
        return self.module == _KUBERNETES


def _kubernetes(name: str, ask: tuple[str, ...] = ("--version",)) -> Program:
    return Program(name, f"{_KUBERNETES}/cmd/{name}", _KUBERNETES, ask)


def _containerd(name: str) -> Program:
    return Program(name, f"{_CONTAINERD}/cmd/{name}", _CONTAINERD)


PROGRAMS = (
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubelet"),
    _kubernetes("kube-proxy"),
    _kubernetes("kubectl", ask=("version", "--client")),
    Program("etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", link_name="server"),
    _containerd("containerd"),
    _containerd("containerd-shim-runc-v2"),
    _containerd("ctr"),
    # These two run in pods, from images without a libc, which one from PATH may want.
    Program("coredns", f"{_OWN}/coredns", "github.com/coredns/coredns", ask=()),
    Program(
        "local-path-provisioner",
        "github.com/rancher/local-path-provisioner",
        "github.com/rancher/local-path-provisioner",
        ask=(),
        builds_alone=True,  # imports Sirupsen/logrus, others sirupsen/logrus: never both in one build
    ),
)


def on_path(programs: Iterable[Program]) -> dict[str, Path]:
    """Those that PATH has with the pinned major and minor version, asked side by side."""
    candidates = [(program, path) for program in programs if program.ask and (path := shell.find(program.name))]
    if not candidates:
        return {}
    with ThreadPoolExecutor(len(candidates)) as pool:
        found = zip(candidates, pool.map(_fits, *zip(*candidates, strict=True)), strict=True)
        return {program.name: Path(path).absolute() for (program, path), fits in found if fits}


@cache  # starting a program costs a tenth of a second, and one command looks several times
def _fits(program: Program, path: str) -> bool:
    try:
        answer = shell.run([path, *program.ask], timeout=_PATIENCE).stdout
    except LabError:
        return False  # whatever cannot tell its version in time is passed over, as what is too old is
    seen, pinned = modules.parts(answer), modules.parts(program.version)
    return bool(seen and pinned and seen[:2] == pinned[:2])
