"""`lab open`: a room of the learner's own: the workbook in JupyterLab, with a cluster behind it."""

from __future__ import annotations

import socket
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import paths, shell
from lab_helpers.cli.options import (
    Context,
    Language,
    Name,
    OwnRegistry,
    Progress,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    RegistryPullConfig,
    StorageClass,
)
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.cluster.base import Cluster

__all__ = ["open_lab"]

_USABLE_SECONDS = 120.0

Withheld = Annotated[
    list[str] | None,
    typer.Option(
        "--withhold",
        help=_("What learners shall not be shown, now and when it is opened again: hints, solutions; none lifts it."),
    ),
]


def open_lab(
    name: Name = "lab",
    provider: ProviderName = "auto",
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    registry_pull_config: RegistryPullConfig = None,
    storage_class: StorageClass = "",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help=_("On this machine only; 0 takes a free one."))
    ] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help=_("Open a browser window."))] = True,
    withhold: Withheld = None,
    language: Language = None,
) -> None:
    """Open the workbook in JupyterLab, as it was left; the cluster stays until `lab down`."""
    from lab_helpers.cli import jupyter
    from lab_helpers.cluster.sweep import sweep
    from lab_helpers.workbook import furnishing, surroundings
    from lab_helpers.workbook.withholding import decide

    withheld = decide(name, withhold or [])
    paths.notebooks_directory()  # where there are none, that is said before a cluster is made
    running = jupyter.find_running(paths.workspace_directory(name))
    if running is not None:
        print(_("it is open already: {address}").format(address=running))
        if language or withhold:
            print(_("its language, and what is withheld, stay until it is ended with Ctrl-C and opened again"))
        if browser:
            webbrowser.open(running)
        return
    port = _claim_port(port)
    progress = Progress()
    sweep(progress)
    own = Own(context, registry, registry_ca, registry_config, storage_class, registry_pull_config)
    cluster = _cluster(name, provider, own, progress)
    furnishing.copy_notebooks(name)
    furnishing.write_map(name)
    furnishing.furnish_terminal(cluster, progress)
    environment = surroundings.variables(cluster, progress) | jupyter.environment(name, withheld)
    progress(_("JupyterLab on {directory}; end it with Ctrl-C").format(directory=paths.workspace_directory(name)))
    _serve(jupyter.command(name, port, browser=browser), environment, port)
    print(_("the cluster goes on; end it with: lab down --name {name}").format(name=name))


def _serve(command: list[str], environment: dict[str, str], port: int) -> None:
    server = shell.start(command, env=environment)
    try:
        if server.wait() != 0:
            called = _("port {port}").format(port=port)
            raise LabError(_("JupyterLab ended with an error; see above"), object=called, next_step="lab open --port 0")
    except KeyboardInterrupt:
        server.terminate()
        server.wait()


def _claim_port(port: int) -> int:
    """A port of this machine that is free now; 0 takes any.

    Raises:
        LabError: That port is in use.
    """
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError as error:
            reason = error.strerror or str(error)
            called = _("port {port}").format(port=port)
            raise LabError(reason, object=called, next_step="lab open --port 0") from error
        return int(server.getsockname()[1])


def _cluster(name: str, provider: str, own: Own, progress: Progress) -> Cluster:
    from lab_helpers.cluster import choose

    chosen = choose.provider_of(name, provider, own)
    running = chosen.attach(name)
    if running is not None:
        return running
    with chosen.create(name, progress) as cluster:
        cluster.wait_usable(_USABLE_SECONDS)
        cluster.keep()
        return cluster
