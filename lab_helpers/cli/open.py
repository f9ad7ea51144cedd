"""`lab open`: the workbook in JupyterLab, with a cluster behind it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from lab_helpers import paths, shell
from lab_helpers.cli.options import (
    Context,
    Name,
    OwnRegistry,
    Progress,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    StorageClass,
)
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError

__all__ = ["open_lab"]

_USABLE_SECONDS = 120.0
# Turns off what would ask the network for news and newer versions, and the learner for leave to do so.
_CONFIGURATION = Path(__file__).parent / "jupyter"


def open_lab(
    name: Name = "lab",
    provider: ProviderName = "auto",
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    storage_class: StorageClass = "",
    port: Annotated[int, typer.Option("--port", help="On this machine only; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
) -> None:
    """Open the workbook in JupyterLab; the cluster stays until `lab down`."""
    from lab_helpers.cluster.sweep import sweep

    port = _claim_port(port)
    progress = Progress()
    sweep(progress)
    own = Own(context, registry, registry_ca, registry_config, storage_class)
    kubeconfig = _kubeconfig(name, provider, own, progress)
    directory = paths.workspace_directory(name)
    notebooks = _copy_notebooks(directory / "notebooks")
    progress(f"JupyterLab on {notebooks}; end it with Ctrl-C")
    command = [sys.executable, "-m", "jupyterlab", *_settings(directory, port, browser=browser)]
    configuration = os.pathsep.join([str(_CONFIGURATION), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])])
    environment = {"KUBECONFIG": str(kubeconfig), "LAB_NAME": name, "JUPYTER_CONFIG_PATH": configuration}
    server = shell.start(command, env=environment, cwd=directory)
    try:
        if server.wait() != 0:
            raise LabError(
                "JupyterLab ended with an error; see above", object=f"port {port}", next_step="lab open --port 0"
            )
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
    print(f"the cluster goes on; end it with: lab down --name {name}")


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
            raise LabError(reason, object=f"port {port}", next_step="lab open --port 0") from error
        return int(server.getsockname()[1])


def _settings(directory: Path, port: int, *, browser: bool) -> list[str]:
    settings = {
        "ServerApp.root_dir": directory,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": browser,
        "ServerApp.allow_root": os.geteuid() == 0,
        "LabApp.default_url": "/lab/tree/notebooks",
    }
    return [f"--{name}={value}" for name, value in settings.items()]


def _kubeconfig(name: str, provider: str, own: Own, progress: Progress) -> Path:
    from lab_helpers.cluster import choose

    chosen = choose.provider_of(name, provider, own)
    running = chosen.attach(name)
    if running is not None:
        return running.kubeconfig
    with chosen.create(name, progress) as cluster:
        cluster.wait_usable(_USABLE_SECONDS)
        cluster.keep()
        return cluster.kubeconfig


def _copy_notebooks(directory: Path) -> Path:
    """Give the learner notebooks of their own; what is there already is theirs and stays as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    for notebook in paths.notebooks_directory().glob("*.ipynb"):
        if not (directory / notebook.name).exists():
            shutil.copy(notebook, directory)
    return directory
