"""JupyterLab as a learner's room has it: its own settings and layout, this machine and a token only, no news."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from lab_helpers import language, paths
from lab_helpers.workbook.room import LAB_NAME, LAB_ROOM, LAB_WITHHOLD

__all__ = ["command", "environment", "find_running"]

_HERE = Path(__file__).parent
# As JupyterLab names the file of the layout called "default".
_LAYOUT = "default-37a8.jupyterlab-workspace"


def command(name: str, port: int, *, browser: bool) -> list[str]:
    """The command that serves a learner's room.

    Args:
        name: The lab's name.
        port: A free port of this machine.
        browser: Whether a browser window is opened.
    """
    settings = {
        "ServerApp.root_dir": paths.workspace_directory(name),
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": browser,
        "ServerApp.allow_root": os.geteuid() == 0,
        "ServerApp.log_level": "WARN",
        "ServerApp.terminado_settings": {"shell_command": ["bash", "--rcfile", str(_HERE / "bashrc")]},
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


def environment(name: str, withheld: Sequence[str]) -> dict[str, str]:
    """The variables that a room's notebooks and terminals have besides those that lead to the cluster.

    Jupyter and IPython get configurations of the room's own, with a layout for its first opening: the learner's own
    may ask for no token, and keep another layout.
    """
    room = paths.room_directory(name)
    _furnish(room / "jupyter", room / "ipython")
    return {
        LAB_NAME: name,
        LAB_ROOM: str(room),
        LAB_WITHHOLD: ",".join(withheld),
        "JUPYTER_CONFIG_DIR": str(room / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(_HERE),
        "IPYTHONDIR": str(room / "ipython"),
    }


def find_running(directory: Path) -> str | None:
    """The address, token included, of the JupyterLab that serves a directory now; None where none does."""
    from jupyter_server.serverapp import list_running_servers

    servers = (server for server in list_running_servers() if server["root_dir"] == str(directory))
    found = next(servers, None)
    return None if found is None else f"{found['url']}lab?token={found['token']}"


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
