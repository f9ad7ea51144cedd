"""What a lab may leave on a machine: processes, mounts, links, firewall rules, cgroups, files."""

from __future__ import annotations

import json
from pathlib import Path

from lab_helpers import paths, shell, wait
from lab_helpers.cluster.embedded import cgroups
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError


def remains(name: str, *, files: bool = True) -> list[str]:
    """Everything of the lab that is still there, one line each."""
    layout = EmbeddedLayout(name, paths.state_directory(name) / "cluster", 0)
    lines = [f"process {pid} {command[:120]}" for pid, command in processes(layout)]
    lines += [
        f"mount {line}" for line in Path("/proc/mounts").read_text().splitlines() if str(layout.directory) in line
    ]
    lines += [f"link {layout.link}"] * Path(f"/sys/class/net/{layout.link}").exists()
    lines += [f"rule {line}" for line in _rules() if layout.link in line]
    for hierarchy in cgroups.hierarchies():
        lines += [f"cgroup {path}" for path in hierarchy.glob(f"{layout.node(1).cgroup[1:-1]}*")]
    if files:
        lines += [
            f"file {path}" for path in (layout.directory, layout.directory.parent / "record.json") if path.exists()
        ]
    return lines


def assert_nothing_remains(name: str, *, files: bool = True, seconds: float = 10) -> None:
    """Fail with the list of what is still there after the time the design allows."""

    def look() -> bool:
        lines = remains(name, files=files)
        if lines:
            raise LabError("\n".join(lines))
        return True

    wait.until(look, seconds=seconds, outcome="be gone", object=f"lab {name}")


def links() -> set[str]:
    """The names of the host's links."""
    return {link["ifname"] for link in json.loads(shell.run(["ip", "-json", "link"]).stdout)}


def rules() -> list[str]:
    """The host's firewall rules, without counters."""
    return _rules()


def _rules() -> list[str]:
    lines = shell.run(["iptables-save"], check=False).stdout.splitlines()
    return [line for line in lines if line.startswith("-")]


def processes(layout: EmbeddedLayout) -> list[tuple[int, str]]:
    """The lab's processes, those of its containers included: the id and the command of each."""
    matches = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                group = (entry / "cgroup").read_text()
            except OSError:
                continue
            if str(layout.directory) in command or layout.node(1).cgroup[:-1] in group:
                matches.append((int(entry.name), command))
    return matches
