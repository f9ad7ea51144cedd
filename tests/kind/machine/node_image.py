"""A node image for kind, made of Debian packages and the pinned programs, loaded into Docker."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from lab_helpers import paths, shell, versions
from lab_helpers.addons import manifests
from lab_helpers.addons.network_policy import ADDON
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import image_store
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once
from tests.kind.machine import docker, images

__all__ = ["load"]

_REPOSITORY = "lab.local/kind-node"
_FILES = Path(__file__).parent / "files"
# Bookworm: later releases' systemd refuses cgroup v1.
_RELEASE = "bookworm"
_PACKAGES = (
    "ca-certificates",
    "conntrack",
    "containernetworking-plugins",
    "curl",
    "ethtool",
    "hostname",
    "iproute2",
    "iptables",
    "jq",
    "kmod",
    "mount",
    "nftables",
    "procps",
    "runc",
    "socat",
    "systemd",
    "systemd-sysv",
)
_PROGRAMS = {
    "usr/bin": ("kubelet", "kubeadm", "kubectl"),
    "usr/local/bin": ("containerd", "containerd-shim-runc-v2", "ctr"),
}
_PLACES = {
    "entrypoint": "usr/local/bin/entrypoint",
    "containerd.toml": "etc/containerd/config.toml",
    "containerd.service": "etc/systemd/system/containerd.service",
    "kubelet.service": "etc/systemd/system/kubelet.service",
    "cni.conflist": "etc/cni/net.d/10-lab.conflist",
    "default-storage.yaml": "kind/manifests/default-storage.yaml",
}
_UNITS = ("containerd", "kubelet")


def load(programs: Mapping[str, Path], report: Report) -> str:
    """Make the image where Docker does not have it, in the place of older ones, and return its reference."""
    base, store = _base(report), images.store(programs, report)
    files = sorted(path for path in _FILES.iterdir() if path.is_file())
    named = [programs[name] for names in _PROGRAMS.values() for name in names]
    key = content_key(Path(__file__), *files, *named, str(base), str(store), _network())
    reference = f"{_REPOSITORY}:{key}"
    if shell.run(["docker", "image", "inspect", reference], check=False).returncode != 0:
        _remove_older()
        report(f"making the node image {reference}")
        with tempfile.TemporaryDirectory(dir=paths.cache_directory() / "kind-machine") as directory:
            _fill(Path(directory), base, store, programs)
            _import(Path(directory), reference)
    return reference


def _remove_older() -> None:
    """Remove the images of earlier commits: each takes three gigabytes, and no test runs them again."""
    older = shell.run(["docker", "image", "ls", "--quiet", _REPOSITORY]).stdout.split()
    if older:
        shell.run(["docker", "image", "rm", "--force", *older])


def _base(report: Report) -> Path:
    def make(part: Path) -> None:
        report(f"fetching a minimal Debian {_RELEASE}")
        include = f"--include={','.join(_PACKAGES)}"
        shell.run(["mmdebstrap", "--variant=minbase", "--format=tar", include, _RELEASE, part, docker.mirror()])

    key = content_key(_RELEASE, *_PACKAGES)
    return once(paths.cache_directory() / "kind-machine" / f"base-{key}.tar", make)


def _fill(root: Path, base: Path, store: Path, programs: Mapping[str, Path]) -> None:
    shell.run(["tar", "--extract", "--file", base, "--directory", root])
    for place, names in _PROGRAMS.items():
        for name in names:
            shutil.copy(programs[name], root / place / name)
    for name, place in _PLACES.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_FILES / name, root / place)
    (root / "kind/manifests/default-cni.yaml").write_text(_network())
    (root / _PLACES["entrypoint"]).chmod(0o755)
    (root / "kind/version").write_text(f"v{versions.KUBERNETES}\n")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for unit in _UNITS:
        (wants / f"{unit}.service").symlink_to(f"/etc/systemd/system/{unit}.service")
    image_store.link(store, root / "var/lib/containerd")


def _network() -> str:
    """What kind creates before anything else. Pods need none of it: /etc/cni/net.d has the network of this one node.

    It enforces NetworkPolicies, and is called as what does so in kind's own images.
    """
    objects = manifests.objects(ADDON, "embedded", None)
    (daemon_set,) = (each for each in objects if each["kind"] == "DaemonSet")
    daemon_set["metadata"]["name"] = "kindnet"
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
    container["image"] = images.NETWORK
    return yaml.safe_dump_all(objects)


def _import(root: Path, reference: str) -> None:
    changes = (
        'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]',
        "ENV container=docker",
        "STOPSIGNAL SIGRTMIN+3",
    )
    options = [option for change in changes for option in ("--change", change)]
    load = ["docker", "import", *options, "-", reference]
    with shell.start(["tar", "--create", "--directory", root, "."], stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        loading = shell.start(load, stdin=tar.stdout, stdout=subprocess.DEVNULL)
        tar.stdout.close()  # so that tar ends when Docker does
        if loading.wait() != 0:
            raise LabError("could not be imported; Docker said why above", object=reference)
