"""The part of a room that JupyterLab's server runs: told which notebook is in front, and tells which were reset."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from lab_helpers.language import gettext as _
from lab_helpers.workbook.room import room

_NOTEBOOK = re.compile(r"\w+")


class _RoomState(APIHandler):
    """What passes between the pages of a room and its terminals."""

    @authenticated
    def get(self) -> None:
        """Answer with the notebooks that were reset: when, and what the pages that have them open shall say."""
        told = {notebook: {"at": at, "says": _says(notebook)} for notebook, at in room.resets().items()}
        self.finish({"resets": told})

    @authenticated
    def put(self) -> None:
        """Take the stem of the notebook that is in front."""
        body = self.get_json_body()
        front = body.get("front") if isinstance(body, dict) else None
        if not isinstance(front, str) or not _NOTEBOOK.fullmatch(front):
            raise HTTPError(400)
        room.bring_to_front(front)
        self.set_status(204)
        self.finish()


def _says(notebook: str) -> str:
    return _("{notebook} was reset: this is its fresh page. Your earlier one is in the directory kept.").format(
        notebook=notebook
    )


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - traitlets are untyped
    pattern = url_path_join(server.web_app.settings["base_url"], "lab-room")
    server.web_app.add_handlers(".*$", [(pattern, _RoomState)])
