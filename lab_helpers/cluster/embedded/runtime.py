"""What containerd holds of a running node: images by their names, containers; asked and told as root of the host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab_helpers import shell, wait
from lab_helpers.cluster.embedded.configuration import CONTAINERD_SOCKET

__all__ = ["Runtime"]

_SECONDS = 20.0


class Runtime:
    """The containerd of one node.

    Args:
        ctr: Its client.
        pid: A process of the node, by whose root its socket is reached.
    """

    def __init__(self, ctr: Path, pid: int) -> None:
        self._ctr = [str(ctr), f"--address=/proc/{pid}/root{CONTAINERD_SOCKET}", "--namespace=k8s.io"]

    def images(self) -> dict[str, str]:
        """The digest of each image by its name; what Kubernetes calls by its digest is there by that name, too.

        Raises:
            CommandFailed: It does not answer.
        """
        lines = shell.run([*self._ctr, "images", "list"], timeout=_SECONDS).stdout.splitlines()[1:]
        return {name: digest for name, _type, digest, *_rest in (line.split() for line in lines if line.strip())}

    def forget_images(self, expected: Mapping[str, str]) -> None:
        """Forget every image of a name that is not among those expected, or has another digest now.

        Raises:
            CommandFailed: It does not answer.
        """
        other = [name for name, digest in self.images().items() if expected.get(name) != digest]
        if other:
            shell.run([*self._ctr, "images", "remove", *other], timeout=_SECONDS)

    def remove_containers(self) -> None:
        """Kill every container and forget it; whoever would start another has to be stopped.

        Raises:
            WaitTimeout: One is still there.
        """

        def is_empty() -> bool:
            containers = self._list("containers")
            if containers:
                # Either may meet one that containerd itself is removing, now that it has ended.
                shell.run([*self._ctr, "tasks", "delete", "--force", *containers], timeout=_SECONDS, check=False)
                shell.run([*self._ctr, "containers", "delete", *containers], timeout=_SECONDS, check=False)
            return not containers

        wait.until(is_empty, seconds=_SECONDS, outcome="lose its containers", object="containerd", every=0.05)

    def _list(self, noun: str) -> list[str]:
        return shell.run([*self._ctr, noun, "list", "--quiet"], timeout=_SECONDS).stdout.split()
