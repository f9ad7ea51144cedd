"""Run a command on a machine that has Docker, kind and a node image: ``python -m tests.kind.machine COMMAND …``.

This is the one place where such a machine differs from an ordinary one, and what the command sees of it is one setting:
LAB_KIND_NODE_IMAGE. Programs and images come from the caches, or are made first.
"""

from __future__ import annotations

import os
import signal
import sys

from lab_helpers import programs, shell
from lab_helpers.addons import installing
from lab_helpers.addons.catalogue import all_addons
from lab_helpers.cli.options import ProgressPrinter
from lab_helpers.cluster.embedded import doctor
from lab_helpers.errors import LabError
from lab_helpers.images import application_images, applications, node_packages, services
from tests.kind.machine import docker, node_image

__all__ = ["main"]


def main() -> int:
    """Set the machine up, run the command in it, and return the command's exit status."""
    # Ends as Ctrl-C does, by an exception that stops the daemon on its way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    report = ProgressPrinter()
    resolved = programs.resolve(report, "kind", "kubeadm", "kube-router", *doctor.PROGRAMS)
    # Inside there is no way to a package registry: all that tests need is made before.
    for source in (applications, services):
        for name in source.names():
            application_images.build(source.load(name), report)
    _keep_packages()
    for addon in all_addons():
        if not addon.is_base and "kind" not in addon.provided:
            installing.build(addon, report)
    with docker.running(report) as daemon:
        os.environ["LAB_KIND_NODE_IMAGE"] = node_image.load(resolved, report)
        report("the machine is set up")
        return shell.start(daemon.inside(sys.argv[1:])).wait()


def _keep_packages() -> None:
    """Have npm take the packages that applications lock from a cache, whoever runs it inside."""
    for application in map(applications.load, applications.names()):
        lock = application.requirements
        if lock is not None and lock.name == "package-lock.json":
            packages = node_packages.fetch(lock, development=True)  # for their own tests, too
            os.environ.update({"npm_config_cache": str(packages), "npm_config_offline": "true"})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(str(error))
