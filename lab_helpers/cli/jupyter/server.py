"""The room's extension of JupyterLab's server: receives the notebook in front, and reports resets."""

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
    """The state shared by a room's pages and terminals."""

    @authenticated
    def get(self) -> None:
        """Return the notebooks that were reset: when, and the message for pages that have them open."""
        resets = {notebook: {"at": at, "says": _reset_message(notebook)} for notebook, at in room.resets().items()}
        self.finish({"resets": resets})

    @authenticated
    def put(self) -> None:
        """Set the notebook in front, by its stem."""
        body = self.get_json_body()
        front = body.get("front") if isinstance(body, dict) else None
        if not isinstance(front, str) or not _NOTEBOOK.fullmatch(front):
            raise HTTPError(400)
        room.bring_to_front(front)
        self.set_status(204)
        self.finish()


def _reset_message(notebook: str) -> str:
    return _("{notebook} was reset: this is its fresh page. Your earlier one is in the directory kept.").format(
        notebook=notebook
    )


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - traitlets are untyped
    pattern = url_path_join(server.web_app.settings["base_url"], "lab-room")
    server.web_app.add_handlers(".*$", [(pattern, _RoomState)])
