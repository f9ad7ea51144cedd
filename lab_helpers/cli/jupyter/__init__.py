"""JupyterLab as a learner's room has it: its own settings and layout, this machine and a token only, no news."""

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

from lab_helpers import files, language, paths
from lab_helpers.cli.jupyter.address import Address
from lab_helpers.workbook.room.room import LAB_NAME, LAB_ROOM, LAB_WITHHOLD

__all__ = ["RunningServer", "command", "environment", "find_running", "log_file"]

_HERE = Path(__file__).parent
# As JupyterLab names the file of the layout called "default".
_LAYOUT = "default-37a8.jupyterlab-workspace"
_ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class RunningServer:
    """A JupyterLab that serves a room.

    Attributes:
        url: Its address, token included.
        page: A private file that leads a browser there; the address itself would stand in the list of processes.
    """

    url: str
    page: Path


def command(name: str, port: int) -> list[str]:
    """The command that serves a learner's room; it opens no browser, and its token is in the environment's files.

    Args:
        name: The lab's name.
        port: A free port of this machine.
    """
    settings = {
        "ServerApp.root_dir": paths.workspace_directory(name),
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": os.geteuid() == 0,
        "ServerApp.log_level": "WARN",
        "ServerApp.terminado_settings": {"shell_command": ["bash", "--rcfile", str(_HERE / "bashrc")]},
        "ServerApp.jpserver_extensions": {"lab_helpers.cli.jupyter.server": True},
        "LabApp.extra_labextensions_path": str(_HERE / "labextensions"),
        # The layout puts the map in front. The page of an address like /lab/tree/map.md is opened last of all, and
        # would come to the front again after a learner has followed one of its links.
        "LabApp.default_url": "/lab",
        "LabApp.custom_css": True,
        # Each of these would ask the network.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{setting}={value}" for setting, value in settings.items())]


def environment(name: str, withheld: Sequence[str], address: Address) -> dict[str, str]:
    """The variables that a room's notebooks and terminals have besides those that lead to the cluster.

    Jupyter and IPython get configurations of the room's own, with a layout for its first opening: the learner's own
    may ask for no token, and keep another layout.

    Args:
        name: The lab's name.
        withheld: What learners shall not be shown.
        address: The room's.
    """
    room = paths.room_directory(name)
    _furnish(room / "jupyter", room / "ipython")
    settings = json.dumps({"IdentityProvider": {"token": address.token}})
    files.write(room / "jupyter" / "jupyter_server_config.json", settings, private=True)
    _runtime(name).mkdir(mode=0o700, exist_ok=True)
    return {
        LAB_NAME: name,
        LAB_ROOM: str(room),
        LAB_WITHHOLD: ",".join(withheld),
        "JUPYTER_CONFIG_DIR": str(room / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(_HERE),
        "JUPYTER_RUNTIME_DIR": str(_runtime(name)),
        "IPYTHONDIR": str(room / "ipython"),
    }


def find_running(name: str) -> RunningServer | None:
    """The JupyterLab that serves a lab's room now; None where none does."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers(str(_runtime(name))):
        page = _runtime(name) / f"jpserver-{server['pid']}-open.html"
        if page.exists() and _answers(server["port"]):  # the process of that number may be another one by now
            return RunningServer(Address(server["port"], server["token"]).url, page)
    return None


def log_file(name: str) -> Path:
    """Where JupyterLab writes what it has to say."""
    return paths.room_directory(name) / "jupyterlab.log"


def _answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(_ANSWER_SECONDS)
        return client.connect_ex(("127.0.0.1", port)) == 0


def _runtime(name: str) -> Path:
    return paths.room_directory(name) / "runtime"


def _furnish(jupyter: Path, ipython: Path) -> None:
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
    shutil.copy(_HERE / name, to)


def _locale() -> str:
    """The name by which JupyterLab knows the reader's language, where a pack of it is installed; else English.

    Never JupyterLab's own default: that is the locale of the machine, whatever ``--language`` says.
    """
    spoken = language.current()
    packs = entry_points(group="jupyterlab.languagepack").names
    return next((pack for pack in sorted(packs) if pack.partition("_")[0] == spoken), language.SOURCE)
