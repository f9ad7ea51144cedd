"""The images kubeadm and kind ask for by name, each made of one program, unpacked into a store for containerd.

As kind's own network does, that of this image enforces NetworkPolicies: by the program that the lab's add-on runs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lab_helpers import paths
from lab_helpers.addons.network_policy import ADDON as NETWORK_ADDON
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import image_store
from lab_helpers.files import content_key, once
from lab_helpers.images import debian, program_image, rootfs
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.rootfs import RootFilesystem
from lab_helpers.versions import KUBERNETES

__all__ = ["NETWORK", "store"]

NETWORK = "lab.local/kindnet:1"
"""The image of what enforces NetworkPolicies."""

# The tags are those of `kubeadm config images list`. CoreDNS, etcd and pause are this project's own pins under them.
_REFERENCES = {
    "kube-apiserver": f"registry.k8s.io/kube-apiserver:v{KUBERNETES}",
    "kube-controller-manager": f"registry.k8s.io/kube-controller-manager:v{KUBERNETES}",
    "kube-scheduler": f"registry.k8s.io/kube-scheduler:v{KUBERNETES}",
    "kube-proxy": f"registry.k8s.io/kube-proxy:v{KUBERNETES}",
    "coredns": "registry.k8s.io/coredns/coredns:v1.14.6",
    "etcd": "registry.k8s.io/etcd:3.7.0-0",
    "local-path-provisioner": "lab.local/local-path-provisioner:1",
}
_ROUTER = "kube-router"
_PAUSE = "registry.k8s.io/pause:3.10.2"
_HELPER = "lab.local/local-path-helper:1"

# kube-proxy calls iptables, and with it the extensions below usr/lib/*/xtables and the C library's libm.
_FIREWALL = (
    "conntrack",
    "iptables",
    "libc6",
    "libgcc-s1",
    "libip4tc2",
    "libip6tc2",
    "libmnl0",
    "libnetfilter-conntrack3",
    "libnfnetlink0",
    "libnftnl11",
    "libxtables12",
)
_Fill = Callable[[RootFilesystem], None]


def store(programs: Mapping[str, Path], report: Report) -> Path:
    """containerd's root directory with all images unpacked in it; made at first use, needs root."""

    def make(part: Path) -> None:
        report("making the images of a node")
        with tempfile.TemporaryDirectory(dir=part.parent) as directory:
            layout = ImageLayout(Path(directory))
            for reference, entrypoint, fill in _recipes(programs):
                _add(layout, reference, entrypoint, fill)
            _add_network(layout, programs[_ROUTER])
            layout.write_archive(part)

    key = content_key(Path(__file__), *program_image.FILES, *(programs[name] for name in (*_REFERENCES, _ROUTER)))
    archive = once(paths.cache_directory() / "kind-machine" / f"images-{key}.tar", make)
    prepared = image_store.prepared(programs, [archive], "overlayfs", report)
    assert prepared is not None, "a machine is set up by root"
    return prepared


def _add_network(layout: ImageLayout, router: Path) -> None:
    packages = NETWORK_ADDON.images["lab.local/kube-router"].packages
    program_image.write(layout, NETWORK, {_ROUTER: router}, [debian.unpack_root(*packages).root])


def _add(layout: ImageLayout, reference: str, entrypoint: list[str], fill: _Fill) -> None:
    with tempfile.TemporaryFile() as file:
        with rootfs.writing(file) as root:
            fill(root)
        file.seek(0)
        layer = layout.add_layer(file)
    environment = ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    config = {"Env": environment} | ({"Entrypoint": entrypoint} if entrypoint else {})
    layout.add_image(reference, {"architecture": "amd64", "os": "linux", "config": config}, [layer])


def _recipes(programs: Mapping[str, Path]) -> Iterator[tuple[str, list[str], _Fill]]:
    small = debian.unpack("catatonit", "busybox-static").root
    firewall = debian.unpack(*_FIREWALL).root

    def pause(root: RootFilesystem) -> None:
        root.add_tree(small, only=("usr/bin/catatonit", "usr/share/doc/catatonit"))

    def helper(root: RootFilesystem) -> None:
        root.add_tree(small, only=("bin/busybox", "usr/share/doc/busybox-static"))
        root.add_applets(small / "bin/busybox")
        root.add_directory("tmp", 0o1777)

    yield _PAUSE, ["/usr/bin/catatonit", "-P"], pause
    yield _HELPER, [], helper
    for name, reference in _REFERENCES.items():
        # kubeadm names the program without its path; only the two others count on the entrypoint.
        base = firewall if name == "kube-proxy" else None
        yield reference, [f"/usr/local/bin/{name}"], _program(name, programs[name], base)


def _program(name: str, program: Path, base: Path | None) -> _Fill:
    def fill(root: RootFilesystem) -> None:
        if base is not None:
            root.add_tree(base)
            for command in ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save"):
                root.add_link(f"usr/sbin/{command}", "/usr/sbin/xtables-nft-multi")
            root.add_link("usr/sbin/ip6tables-restore", "/usr/sbin/xtables-nft-multi")
        root.add_file(f"usr/local/bin/{name}", program, 0o755)
        root.add_directory("tmp", 0o1777)

    return fill
