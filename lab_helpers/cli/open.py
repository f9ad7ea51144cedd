"""`lab open`: serve a learner's room: the workbook in JupyterLab, with a cluster."""

from __future__ import annotations

import subprocess
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import checkout, container, paths, shell, wait
from lab_helpers.cli.options import (
    Context,
    Language,
    Name,
    OwnRegistry,
    ProgressPrinter,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    RegistryPullConfig,
    StorageClass,
)
from lab_helpers.cluster.names import DEFAULT_NAME
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.cluster.provider import Provider

__all__ = ["open_lab"]

_SERVED_SECONDS = 60.0

Withheld = Annotated[
    list[str] | None,
    typer.Option(
        "--withhold",
        help=_("Withhold hints or solutions from learners, now and when reopened; may be repeated; none lifts it."),
    ),
]


def open_lab(
    name: Name = DEFAULT_NAME,
    provider: ProviderName = "auto",
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    registry_pull_config: RegistryPullConfig = None,
    storage_class: StorageClass = "",
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help=_("Port on 127.0.0.1; 0 picks a free one; by default the same as before.")
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help=_("Open a browser window."))] = True,
    withhold: Withheld = None,
    language: Language = None,
) -> None:
    """Open the workbook in JupyterLab, as it was left; the cluster stays until `lab down`."""
    from lab_helpers.addons.base import BASE
    from lab_helpers.cli import jupyter
    from lab_helpers.cli.jupyter.address import claim
    from lab_helpers.cluster import choose, lifecycle
    from lab_helpers.cluster.base import State
    from lab_helpers.cluster.sweep import sweep
    from lab_helpers.workbook.course import outlines
    from lab_helpers.workbook.course.territory import of_workbook
    from lab_helpers.workbook.room import environment, room_setup
    from lab_helpers.workbook.room.withholding import decide
    from lab_helpers.workbook.session import ahead

    if container.is_container() and not container.keeps_home():
        message = _("your work is gone with this container; to keep it: {command}")
        print(message.format(command="docker run -v lab:/home …"), flush=True)
    withheld = decide(name, withhold or [])
    checkout.notebooks_directory()  # where there are none, that is said before a cluster is made
    running = jupyter.find_running(name)
    if running is not None:
        print(_("it is open already: {address}").format(address=running.url))
        if language or withhold:
            print(_("its language, and what is withheld, stay until it is ended with Ctrl-C and opened again"))
        if browser:
            webbrowser.open(running.page.as_uri())
        return
    address = claim(name, port)
    progress = ProgressPrinter()
    sweep(progress)
    own = Own(context, registry, registry_ca, registry_config, storage_class, registry_pull_config, of_workbook)
    chosen = choose.provider_of(name, provider, own)
    cluster = lifecycle.attach_or_create(chosen, name, progress, BASE, keep=True)
    try:
        room_setup.set_up(cluster, progress)
        variables = environment.variables(cluster, progress) | jupyter.environment(name, withheld, address)
        progress(_("starting JupyterLab"))
        with _serve(name, address.port, variables, meanwhile=partial(_delete_early, chosen, name)) as server:
            ahead.build(ahead.loadable(outlines.notebooks()))
            _announce(name, server, browser=browser)
    finally:
        if container.is_container():
            chosen.delete(name)  # its processes end with the container anyway; what they left on the host would stay
    if chosen.state(name) is State.RUNNING:  # else `lab down` has ended it, or this container did
        print(_("the cluster goes on; end it with: lab down --name {name}").format(name=name))
    elif container.is_container() and container.keeps_home():
        print(_("your work stays in /home; the next start goes on from there"))


@contextmanager
def _serve(
    name: str, port: int, environment: dict[str, str], *, meanwhile: Callable[[], object]
) -> Iterator[subprocess.Popen[str]]:
    """Run JupyterLab for a room until the context, or Ctrl-C, ends it.

    Args:
        name: The lab's name.
        port: Where it listens.
        environment: What it gets besides this process's variables.
        meanwhile: Called while JupyterLab ends its kernels, which takes seconds.
    """
    from lab_helpers.cli import jupyter

    # Its log goes to a file, where it does not bury the address.
    with jupyter.log_file(name).open("w", encoding="utf-8") as log:
        server = shell.start(jupyter.command(name, port), env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield server
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        try:
            meanwhile()
        finally:
            server.wait()


def _delete_early(provider: Provider, name: str) -> None:
    """Begin with a container's cluster before JupyterLab has ended: ``docker stop`` kills both after ten seconds.

    A kernel that still runs may hold the cluster, or make another: it is deleted once more when none is left.
    """
    if container.is_container():
        with suppress(LabError):
            provider.delete(name)


def _announce(name: str, server: subprocess.Popen[str], *, browser: bool) -> None:
    """Print the room's address once JupyterLab serves it, and wait until JupyterLab ends.

    Raises:
        LabError: It did not start, or ended with an error.
    """
    from lab_helpers.cli import jupyter

    log = jupyter.log_file(name)
    running = wait.until(
        lambda: server.poll() is not None or jupyter.find_running(name),
        seconds=_SERVED_SECONDS,
        outcome="serve",
        object="JupyterLab",
        next_step=f"tail {log}",
    )
    if isinstance(running, jupyter.RunningServer):
        print(_("the room is open; its address stays the same:"), f"  {running.url}", sep="\n")
        message = _("end it with Ctrl-C; your files are in {directory}, JupyterLab's own messages in {log}")
        print(message.format(directory=paths.workspace_directory(name), log=log), flush=True)
        if browser:
            webbrowser.open(running.page.as_uri())
    if server.wait() != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise LabError(
            _("ended with an error"),
            object="JupyterLab",
            last_event=lines[-1] if lines else "",
            next_step=f"tail {log}",
        )
