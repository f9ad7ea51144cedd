"""JupyterLab for a learner's room: its own settings and layout, on one address with a token, without network access."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from lab_helpers import container, files, language, paths
from lab_helpers.cli.jupyter.address import Address
from lab_helpers.workbook.room.room import LAB_NAME, LAB_ROOM, LAB_WITHHOLD

__all__ = ["RunningServer", "command", "environment", "find_running", "log_file"]

_DIRECTORY = Path(__file__).parent
# As JupyterLab names the file of the layout called "default".
_LAYOUT = "default-37a8.jupyterlab-workspace"
_CONNECT_SECONDS = 2.0


@dataclass(frozen=True)
class RunningServer:
    """A JupyterLab that serves a room.

    Attributes:
        url: Its URL, token included.
        page: A private file that redirects a browser there; the URL itself would be visible in the process list.
    """

    url: str
    page: Path


def command(name: str, port: int) -> list[str]:
    """The command that serves a learner's room; it opens no browser, and reads its token from a file.

    Args:
        name: The lab's name.
        port: A free port of this machine.
    """
    settings = {
        "ServerApp.root_dir": paths.workspace_directory(name),
        "ServerApp.ip": container.address(),
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": os.geteuid() == 0,
        "ServerApp.log_level": "WARN",
        "ServerApp.terminado_settings": {"shell_command": ["bash", "--rcfile", str(_DIRECTORY / "bashrc")]},
        "ServerApp.jpserver_extensions": {"lab_helpers.cli.jupyter.server": True},
        "LabApp.extra_labextensions_path": str(_DIRECTORY / "labextensions"),
        # The layout puts the map in front. The page of a URL like /lab/tree/map.md is opened last of all, and would
        # come to the front again after a learner has followed one of its links.
        "LabApp.default_url": "/lab",
        "LabApp.custom_css": True,
        # Each of these would access the network.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{setting}={value}" for setting, value in settings.items())]


def environment(name: str, withheld: Sequence[str], address: Address) -> dict[str, str]:
    """The environment variables of a room's notebooks and terminals, in addition to those of the cluster.

    Jupyter and IPython get configurations of the room's own, with a layout for its first opening: the user's own may
    require no token, and have another layout.

    Args:
        name: The lab's name.
        withheld: What is withheld from learners: ``hints``, ``solutions``.
        address: The room's address.
    """
    room = paths.room_directory(name)
    _write_configuration(room / "jupyter", room / "ipython")
    settings = json.dumps({"IdentityProvider": {"token": address.token}})
    files.write(room / "jupyter" / "jupyter_server_config.json", settings, private=True)
    _runtime(name).mkdir(mode=0o700, exist_ok=True)
    return {
        LAB_NAME: name,
        LAB_ROOM: str(room),
        LAB_WITHHOLD: ",".join(withheld),
        "JUPYTER_CONFIG_DIR": str(room / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(_DIRECTORY),
        "JUPYTER_RUNTIME_DIR": str(_runtime(name)),
        "IPYTHONDIR": str(room / "ipython"),
    }


def find_running(name: str) -> RunningServer | None:
    """The JupyterLab that serves a lab's room; None if there is none."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers(str(_runtime(name))):
        page = _runtime(name) / f"jpserver-{server['pid']}-open.html"
        if page.exists() and _is_listening(server["port"]):  # the PID may be reused by another process
            return RunningServer(Address(server["port"], server["token"]).url, page)
    return None


def log_file(name: str) -> Path:
    """JupyterLab's log file."""
    return paths.room_directory(name) / "jupyterlab.log"


def _is_listening(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(_CONNECT_SECONDS)
        return client.connect_ex((container.address(), port)) == 0


def _runtime(name: str) -> Path:
    return paths.room_directory(name) / "runtime"


def _write_configuration(jupyter: Path, ipython: Path) -> None:
    layout = jupyter / "lab" / "workspaces" / _LAYOUT
    if not layout.exists():
        _copy("layout.json", layout)
    _copy("room.css", jupyter / "custom" / "custom.css")
    _copy("startup.py", ipython / "profile_default" / "startup" / "startup.py")
    settings = jupyter / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"@jupyterlab/translation-extension:plugin": {"locale": _locale()}}))


def _copy(name: str, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_DIRECTORY / name, to)


def _locale() -> str:
    """JupyterLab's locale for the current language if its language pack is installed, else English.

    JupyterLab's own default is the locale of the machine, whatever ``--language`` says.
    """
    spoken = language.current()
    packs = entry_points(group="jupyterlab.languagepack").names
    return next((pack for pack in sorted(packs) if pack.partition("_")[0] == spoken), language.SOURCE)
