"""Run a command where Docker answers and has the image of this commit: ``python -m tests.image.machine COMMAND …``.

Docker is a daemon of its own, in a network of its own, as for ``tests.kind.machine``; the command sees one setting,
LAB_IMAGE.
"""

from __future__ import annotations

import os
import signal
import sys

from lab_helpers import shell
from lab_helpers.cli.options import ProgressPrinter
from lab_helpers.distribution import image
from lab_helpers.errors import LabError
from tests.kind.machine import docker

__all__ = ["main"]

_TAG = "lab.local/kubernetes-lab:test"


def main() -> int:
    """Start Docker, build the image, run the command, and return the command's exit status."""
    # Ends as Ctrl-C does, by an exception that stops the daemon on its way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    report = ProgressPrinter()
    with docker.running(report) as daemon:
        image.build(_TAG, report)
        os.environ["LAB_IMAGE"] = _TAG
        return shell.start(daemon.inside(sys.argv[1:])).wait()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(str(error))
