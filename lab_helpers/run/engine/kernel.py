"""A private kernel: sockets in a directory of its own, and a guard process that kills it when this process ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from queue import Empty

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient import NotebookClient

from lab_helpers import shell
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.wait import Deadline

__all__ = ["private_directory", "private_kernel"]

# A guard waits for end of file on its input, which comes when this process closes it or dies in any way. A kernel's
# guard then kills the kernel's process group (shell commands of cells included) and removes its directory; a
# directory's guard removes it also if no kernel was started.
_GUARD = 'read -r _; kill -s KILL -- "-$1"; rm -rf -- "$2"'
_REMOVE = 'read -r _; rm -rf -- "$1"'

# By default either end of the channel drops output once a thousand messages are queued.
_LOSE_NOTHING = f"""(lambda sending: sending.schedule(lambda: sending.socket.setsockopt({int(zmq.SNDHWM)}, 0)))(
    get_ipython().kernel.iopub_thread)"""

_LONGEST_TEMPORARY_PATH = 80  # bytes: sun_path holds 108 (unix(7)); the rest is for /lab-12345678/k-10


@contextmanager
def private_directory() -> Iterator[Path]:
    """A private directory for sockets and secrets; removed on exit, even when this process is killed.

    Raises:
        LabError: The path for temporary files is too long for sockets, or cannot be written.
    """
    try:
        directory = tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)
    except OSError as error:
        temporary = Path(os.environ.get("TMPDIR", "/tmp"))  # noqa: S108
        raise Unwritable(temporary, error, next_step="export TMPDIR=/tmp") from error
    with directory:
        parent = tempfile.gettempdir()
        if len(os.fsencode(parent)) > _LONGEST_TEMPORARY_PATH:
            raise LabError(_("too long a path for the kernel's sockets"), object=parent, next_step="export TMPDIR=/tmp")
        guard = _start_guard(_REMOVE, directory.name)
        try:
            yield Path(directory.name)
        finally:
            guard.communicate("\n")


@asynccontextmanager
async def private_kernel(
    client: NotebookClient, directory: Path, environment: Mapping[str, str]
) -> AsyncIterator[None]:
    """Start a kernel for ``client``, and end it with all its processes on exit.

    It uses Unix sockets in a private directory: TCP ports are chosen before the kernel binds them, so two kernels
    starting together may choose the same, and any user of the machine could connect to them.

    Args:
        client: Names the kernel, and is connected to it for the context.
        directory: A private directory for the sockets.
        environment: The kernel's complete environment.

    Raises:
        LabError: The kernel did not start.
    """
    kernel = AsyncKernelManager(
        kernel_name=client.kernel_name,
        transport="ipc",
        ip=str(directory / "k"),
        connection_file=str(directory / "kernel.json"),
    )
    client.km, guard, channels = kernel, None, None
    try:
        try:
            await client.async_start_new_kernel(env=dict(environment))
            assert isinstance(kernel.provisioner, LocalProvisioner)
            guard = _start_guard(_GUARD, str(kernel.provisioner.pgid), str(directory))
            client.kc = channels = kernel.client()
            channels.context.setsockopt(zmq.RCVHWM, 0)
            channels.start_channels(stdin=False)  # nobody is there to answer: input() is an error at once
            await _wait_ready(channels, kernel, client.startup_timeout)
            if kernel.kernel_spec is not None and kernel.kernel_spec.language == "python":
                channels.execute(_LOSE_NOTHING, silent=True, store_history=False)
        except (NoSuchKernel, RuntimeError, OSError) as error:
            raise _not_started(client.kernel_name, error) from error
        yield
    finally:
        if channels is not None:
            channels.stop_channels()
        if guard is not None:
            guard.communicate("\n")
        await kernel.shutdown_kernel(now=True)


async def _wait_ready(channels: AsyncKernelClient, kernel: AsyncKernelManager, seconds: float) -> None:
    """Wait until the kernel replies on its shell and iopub channels.

    The client's own ``wait_for_ready`` ends by draining messages for 0.2 s. That is unnecessary here: a cell processes
    only messages that belong to it.
    """
    deadline = Deadline(seconds)
    while not deadline.is_over:
        if not await kernel.is_alive():
            raise RuntimeError(_("the kernel's process ended at once"))
        channels.kernel_info()
        with contextlib.suppress(Empty):
            await channels.shell_channel.get_msg(timeout=1)
            await channels.iopub_channel.get_msg(timeout=0.2)
            return
    raise RuntimeError(_("no answer within {seconds:g} s").format(seconds=seconds))


def _start_guard(script: str, *arguments: str) -> subprocess.Popen[str]:
    return shell.start(
        ["sh", "-c", script, "guard", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        outlives=True,
        new_session=True,
    )


def _not_started(name: str, error: Exception) -> LabError:
    return LabError(
        _("the kernel did not start"),
        object=_("kernel {name}").format(name=name),
        last_event=str(error),
        next_step="jupyter kernelspec list",
    )
