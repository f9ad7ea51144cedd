"""What an embedded cluster needs of a machine, and what to type where it is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from lab_helpers import container, paths, programs, shell
from lab_helpers.cluster import places
from lab_helpers.cluster.embedded import cgroups, inotify, memory, services, trial
from lab_helpers.cluster.findings import Finding
from lab_helpers.images import registry as registries
from lab_helpers.images import system
from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext

__all__ = ["DEBIAN_PACKAGES", "PROGRAMS", "RUNC", "cni_directory", "findings", "snapshotter"]

RUNC = "/usr/sbin/runc"

PROGRAMS = (*services.PROGRAMS, "kubectl", *system.PROGRAMS, registries.FRONT)
"""What every cluster takes of the programs that the lab fetches or builds."""

# Program → Debian package that has it.
DEBIAN_PACKAGES = {
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "mount": "mount",
    "busybox": "busybox-static",
}
_CNI_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
_CNI_PLUGINS = ("bridge", "host-local", "loopback", "portmap")
_NEEDED_BYTES = 8 * 1024**3
_NEEDED_BYTES_WARM = 2 * 1024**3


def findings() -> Sequence[Finding]:
    """Everything that is needed, in the order in which one would mend it; quick, and leaves nothing."""
    looks: tuple[Callable[[], Finding], ...] = (_kernel, _root, _programs, _cni, _namespaces, _cgroups)
    results = [look() for look in looks]
    if all(finding.ok for finding in results):
        results.append(_rights())
    return [*results, *places.findings(), _inotify(), _memory(), _disk(), _binaries()]


def cni_directory() -> Path:
    """Where the CNI plugins lie; the first place looked at where none has them."""
    complete = (path for path in _CNI_DIRECTORIES if all((path / plugin).exists() for plugin in _CNI_PLUGINS))
    return next(complete, _CNI_DIRECTORIES[0])


def snapshotter(directory: Path) -> str:
    """How containerd lays image layers over each other: overlayfs, unless the directory lies on one itself."""
    if shutil.which("stat") is None:
        return "overlayfs"
    parent = next(path for path in (directory, *directory.parents) if path.exists())
    kind = shell.run(["stat", "--file-system", "--format=%T", parent]).stdout.strip()
    return "native" if kind == "overlayfs" else "overlayfs"


def _kernel() -> Finding:
    system = os.uname()
    return Finding(
        _("kernel"), system.sysname == "Linux", f"{system.sysname} {system.release}", "lab run --provider kind"
    )


def _root() -> Finding:
    if os.geteuid() == 0:
        return Finding("root", ok=True, seen=_("running as root"))
    if shell.find("sudo") and shell.run(["sudo", "--non-interactive", "true"], check=False).returncode == 0:
        return Finding("root", ok=True, seen=_("through sudo, for the cluster's own processes only"))
    step = "sudo --validate" if shell.find("sudo") else f"su   # {_('then, as root: lab doctor')}"
    return Finding("root", ok=False, seen=_("neither root nor sudo without a password"), next_step=step)


def _programs() -> Finding:
    missing = [package for program, package in DEBIAN_PACKAGES.items() if shell.find(program) is None]
    if missing:
        packages = " ".join(missing)
        description = _("missing: {missing}").format(missing=packages)
        return Finding(_("programs"), ok=False, seen=description, next_step=f"apt-get install -y {packages}")
    return Finding(_("programs"), ok=True, seen=", ".join(DEBIAN_PACKAGES))


def _cni() -> Finding:
    directory = cni_directory()
    missing = [plugin for plugin in _CNI_PLUGINS if not (directory / plugin).exists()]
    if missing:
        step = "apt-get install -y containernetworking-plugins"
        description = _("missing: {missing}").format(missing=", ".join(missing))
        return Finding(_("CNI plugins"), ok=False, seen=description, next_step=step)
    return Finding(_("CNI plugins"), ok=True, seen=str(directory))


def _namespaces() -> Finding:
    missing = [name for name in ("net", "mnt", "pid", "uts", "ipc") if not Path(f"/proc/self/ns/{name}").exists()]
    lacking = _("the kernel lacks: {missing}").format(missing=", ".join(missing))
    description = lacking if missing else "net, mnt, pid, uts, ipc"
    return Finding(_("namespaces"), not missing, description, "lab run --provider kind")


def _rights() -> Finding:
    refused = trial.refused()
    if not refused:
        return Finding(_("rights"), ok=True, seen=_("namespaces, mounts, a network link and a cgroup were made"))
    description = _("root is refused here: {reason}").format(reason=refused)
    again = _("where this is a container: start it so")
    return Finding(_("rights"), ok=False, seen=description, next_step=f"docker run --privileged …   # {again}")


def _cgroups() -> Finding:
    needed = {"cpu", "memory", "pids", "cpuset"}
    try:
        if cgroups.is_unified():
            controllers = set((cgroups.ROOT / "cgroup.controllers").read_text().split())
        else:
            controllers = {name for path in cgroups.hierarchies() for name in path.name.split(",")}
    except OSError as error:
        return Finding("cgroups", ok=False, seen=str(error), next_step="mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    version = "v2" if cgroups.is_unified() else "v1"
    missing = ", ".join(sorted(needed - controllers))
    description = _("{version} without {missing}").format(version=version, missing=missing) if missing else version
    return Finding("cgroups", not missing, description, "lab run --provider kind")


def _inotify() -> Finding:
    """Without them a cluster comes up in part only, and nothing says why."""
    try:
        limit = inotify.limit()
    except OSError as error:
        return Finding("inotify", ok=False, seen=str(error), next_step="lab run --provider kind")
    # A cluster's programs are root's, and how many root has left, only root can try.
    spare = inotify.spare(inotify.NEEDED) if os.geteuid() == 0 else min(limit, inotify.NEEDED)
    description = _("{spare} of the {needed} instances that a cluster takes can be made; {setting} is {limit}").format(
        spare=spare, needed=inotify.NEEDED, setting=inotify.SETTING, limit=limit
    )
    step = (
        f"sysctl -w {inotify.SETTING}={max(512, limit * 4)}   # {_('or: lab down, of a lab that you no longer need')}"
    )
    return Finding("inotify", spare >= inotify.NEEDED, description, step)


def _memory() -> Finding:
    limit = memory.limit()
    description = _("{limit:.1f} GiB, {needed:.1f} needed").format(
        limit=limit / 1024**3, needed=memory.NEEDED_BYTES / 1024**3
    )
    step = "docker run --memory 4g …" if container.is_container() else "lab run --provider existing"
    return Finding(_("memory"), limit >= memory.NEEDED_BYTES, description, step)


def _disk() -> Finding:
    directory = paths.state_directory()
    parent = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(parent).free
    needed = _NEEDED_BYTES if programs.missing(*PROGRAMS) else _NEEDED_BYTES_WARM
    description = _("{free:.1f} GiB free on {directory}, {needed:.0f} needed").format(
        free=free / 1024**3, directory=parent, needed=needed / 1024**3
    )
    return Finding(_("disk"), free >= needed, description, f"df -h {parent}")


def _binaries() -> Finding:
    missing = programs.missing(*PROGRAMS)
    if not missing:
        return Finding("Kubernetes", ok=True, seen=_("programs are there"))
    problem = programs.can_build(*missing)
    if problem:
        return Finding("Kubernetes", ok=False, seen=problem, next_step="uv sync --frozen --group go")
    count = len(missing)
    template = ngettext(
        "{count} program is fetched or built at first use", "{count} programs are fetched or built at first use", count
    )
    return Finding("Kubernetes", ok=True, seen=template.format(count=count))
