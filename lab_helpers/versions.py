"""Versions that no lock file holds: the template's own; the official archives, k3d, the node images, and their digests.

What programs are built from is pinned in the go.mod files below ``programs/``; a test keeps ``KUBERNETES`` and ``KIND``
in step with them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "K3D",
    "K3D_PROGRAMS",
    "K3D_TOOLS_IMAGE",
    "K3S_IMAGE",
    "KIND",
    "KIND_NODE_IMAGE",
    "KUBERNETES",
    "RELEASES_URL",
    "SERVER_ARCHIVES",
    "TEMPLATE",
    "Archive",
    "ReleasedProgram",
]

KUBERNETES = "1.37.1"

TEMPLATE = "1.0.0"
"""The template's own version, as every ``.template.toml`` says it; what changed with it is in ``docs/template.md``."""

RELEASES_URL = "https://dl.k8s.io"

KIND = "0.33.0"

# Go module sigs.k8s.io/kind@v0.33.0, pkg/apis/config/defaults/image.go: the image this kind was released with.
KIND_NODE_IMAGE = "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"

K3D = "5.9.0"

# Of a container that k3d needs for a moment. By its tag: the two digests that public repositories name for it differ.
K3D_TOOLS_IMAGE = f"ghcr.io/k3d-io/k3d-tools:{K3D}"

# k3s v1.37.1+k3s1. Its digest was not asked of a registry, which cannot be reached from where this was written: it is
# what three public repositories that pull this tag name, and no other digest of it was found. Docker refuses another.
K3S_IMAGE = "rancher/k3s:v1.37.1-k3s1@sha256:ca7f37d993d82ef0dcdcfecb2e0e2618ea541dbaffc620c8cedebe01a82acd0d"


@dataclass(frozen=True)
class ReleasedProgram:
    """A released program, one file.

    Attributes:
        url: Where it is.
        sha256: Its digest, in hexadecimal.
    """

    url: str
    sha256: str


_K3D_URL = f"https://github.com/k3d-io/k3d/releases/download/v{K3D}/k3d-linux"

# By machine, as ``uname -m`` names it. The digests are those of the release's checksums.txt as public repositories
# that install k3d v5.9.0 repeat them: ten, and two, agree. The lab does not fetch it; its doctor says how to.
K3D_PROGRAMS = {
    "x86_64": ReleasedProgram(f"{_K3D_URL}-amd64", "06d8f25bc3a971c4eb29e0ff08429b180402db0f4dec838c9eac427e296800a0"),
    "aarch64": ReleasedProgram(f"{_K3D_URL}-arm64", "03cde5cf23e6e8e67de5a039ecf26e5b85aca82fba3e5d13dadf904cd218a250"),
}


@dataclass(frozen=True)
class Archive:
    """An official release archive.

    Attributes:
        path: Where it lies below the releases' URL, its mirrors' too.
        sha512: Its digest, in hexadecimal.
        source: Where that digest was read.
    """

    path: str
    sha512: str
    source: str


# A release's digests are in the changelog that the release after it holds: those of v1.37.1 are read from the
# Go module of v1.37.2, whose content Go's checksum database vouches for.
_CHANGELOG = "Go module k8s.io/kubernetes@v1.37.2, CHANGELOG/CHANGELOG-1.37.md, Server Binaries of v1.37.1"

# By machine, as ``uname -m`` names it. No digest that could be cited was found for the pinned releases of
# etcd, containerd, CoreDNS and local-path-provisioner (Kubespray's list ends before them): those are built.
SERVER_ARCHIVES = {
    "x86_64": Archive(
        path=f"v{KUBERNETES}/kubernetes-server-linux-amd64.tar.gz",
        sha512=(
            "7460f368c6049dfec1121a0bb3528257f47439e4a0c3d8b1740377cf21073e45"
            "c7d911845b8de61d68aae6b57cafa24885d8378f183a26bc2df0d321c4993afd"
        ),
        source=_CHANGELOG,
    ),
    "aarch64": Archive(
        path=f"v{KUBERNETES}/kubernetes-server-linux-arm64.tar.gz",
        sha512=(
            "c832cfb9ad04180cf6c4469a8950bf58c0c28066b4543e520a7a25460bbb6f76"
            "3b17cc535e010f5ddfcef7c695f2faceb9c584936b4d62a554c6b015be199f16"
        ),
        source=_CHANGELOG,
    ),
}
