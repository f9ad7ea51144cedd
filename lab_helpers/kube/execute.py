"""Run a command in a container and return its output and exit status.

Uses websocket-client, as the kubernetes package itself does: that package's own wrapper has no timeout for
connecting or for half a frame, turns Ctrl-C into an API error, and swaps a method of the shared client while it runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Transport, error_class
from lab_helpers.language import gettext as _
from lab_helpers.wait import Deadline

if TYPE_CHECKING:
    from websocket import WebSocket

__all__ = ["Executed", "execute"]

_STDIN, _STDOUT, _STDERR, _STATUS, _CLOSE = 0, 1, 2, 3, 255
_FRAME_BYTES = 16 * 1024
# Only version 5 of the protocol can say that standard input has ended (Kubernetes 1.30 and later).
_PROTOCOL = "v5.channel.k8s.io"


@dataclass(frozen=True)
class Executed:
    """The result of a command that ran in a container.

    Attributes:
        stdout: Its standard output.
        stderr: Its standard error.
        returncode: Its exit status.
    """

    stdout: str
    stderr: str
    returncode: int


def execute(
    transport: Transport,
    path: str,
    argv: Sequence[str],
    *,
    container: str | None = None,
    input: str | None = None,  # noqa: A002
    seconds: float = 15,
) -> Executed:
    """Run ``argv`` (without a shell) in the pod at ``path`` and wait until it ends.

    Never retried: the command may have taken effect before the connection broke.

    Args:
        transport: The connection to the API server.
        path: The pod's API path.
        argv: The program and its arguments.
        container: The container; required if the pod has several.
        input: Its standard input, followed by end of file; by default none.
        seconds: The timeout of the whole call.

    Raises:
        LabError: The pod, container or program does not exist; the timeout expired; or the connection broke before
            the exit status arrived.
    """
    command = f"exec {path.rsplit('/', 1)[-1]} -- {argv[0]}"
    deadline = Deadline(wait.at_most(seconds))
    look = wait.current_look()
    if look is not None:
        look.forget()  # the command may change whatever was read before
    query = [("command", part) for part in argv] + [("stdout", "true"), ("stderr", "true")]
    query += [("container", container)] if container else []
    query += [("stdin", "true")] if input is not None else []
    connection = _connect(transport, f"{path}/exec", query, deadline, command)
    try:
        if input is not None:
            _send(connection, input.encode())
        return _collect(_frames(connection, deadline, command), command)
    finally:
        # Not close(): it waits for the server to agree, and a server that went away never does.
        connection.shutdown()  # type: ignore[no-untyped-call]


def _connect(
    transport: Transport, path: str, query: Sequence[tuple[str, str]], deadline: Deadline, command: str
) -> WebSocket:
    from websocket import WebSocketBadStatusException, WebSocketException, create_connection

    url, headers = transport.signed(path, query)
    try:
        connection: WebSocket = create_connection(
            "ws" + url.removeprefix("http"),
            timeout=deadline.remaining,
            header=[f"{name}: {value}" for name, value in headers.items() if name.lower() == "authorization"],
            subprotocols=[_PROTOCOL],
            sslopt=_tls(transport.configuration),
            **_proxy(transport.configuration),
        )
    except WebSocketBadStatusException as error:
        body = (error.resp_body or b"").decode(errors="replace")
        reason = _("refused: {message} (HTTP {status})").format(message=_message(body), status=error.status_code)
        raise error_class(error.status_code)(reason, object=command) from error
    except (WebSocketException, OSError) as error:
        reason = _("could not connect: {error}").format(error=error)
        raise LabError(reason, object=command, next_step="lab status") from error
    return connection


def _tls(configuration: Any) -> dict[str, Any]:  # noqa: ANN401 - kubernetes' Configuration, imported late
    import ssl

    options: dict[str, Any] = {"cert_reqs": ssl.CERT_REQUIRED if configuration.verify_ssl else ssl.CERT_NONE}
    named = {
        "ca_certs": configuration.ssl_ca_cert,
        "certfile": configuration.cert_file,
        "keyfile": configuration.key_file,
        "server_hostname": configuration.tls_server_name,
    }
    return options | {name: value for name, value in named.items() if value}


def _proxy(configuration: Any) -> dict[str, Any]:  # noqa: ANN401
    """The same proxy as for other requests; websocket-client would read the environment instead."""
    from urllib.parse import urlsplit

    if not configuration.proxy:
        return {"http_no_proxy": ["*"]}
    proxy = urlsplit(configuration.proxy)
    options = {"http_proxy_host": proxy.hostname, "http_proxy_port": proxy.port, "proxy_type": proxy.scheme}
    return options | {"http_no_proxy": (configuration.no_proxy or "").split(",")}


def _send(connection: WebSocket, content: bytes) -> None:
    for start in range(0, len(content), _FRAME_BYTES):
        connection.send_binary(bytes([_STDIN]) + content[start : start + _FRAME_BYTES])
    connection.send_binary(bytes([_CLOSE, _STDIN]))


def _frames(connection: WebSocket, deadline: Deadline, command: str) -> Iterator[tuple[int, bytes]]:
    """Channel and content of each frame, until the server closes the connection."""
    from websocket import ABNF, WebSocketException, WebSocketTimeoutException

    while True:
        # 0 would mean "never wait" to the socket, and the error would be another one.
        connection.settimeout(max(deadline.remaining, 0.001))
        try:
            code, content = connection.recv_data()
        except WebSocketTimeoutException as error:
            reason = _("did not end within {seconds:g} s").format(seconds=round(deadline.seconds, 2))
            raise LabError(reason, object=command) from error
        except (WebSocketException, OSError):
            return  # connection lost; _collect decides whether the exit status had arrived
        if code == ABNF.OPCODE_CLOSE:
            return
        if content:
            yield content[0], bytes(content[1:])


def _collect(frames: Iterator[tuple[int, bytes]], command: str) -> Executed:
    channels = {_STDOUT: b"", _STDERR: b"", _STATUS: b""}
    for channel, content in frames:
        if channel in channels:
            channels[channel] += content
    if not channels[_STATUS]:
        raise LabError(
            _("was cut off: whether the command ran to its end is not known"),
            object=command,
            last_event=channels[_STDOUT].decode(errors="replace")[-300:],
            next_step=_("run the cell again"),
        )
    return Executed(
        channels[_STDOUT].decode(errors="replace"),
        channels[_STDERR].decode(errors="replace"),
        _exit_status(channels[_STATUS].decode(errors="replace"), command),
    )


def _exit_status(status: str, command: str) -> int:
    status_object = json.loads(status)
    if status_object["status"] == "Success":
        return 0
    for cause in status_object.get("details", {}).get("causes", []):
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    # The container runtime wraps the reason in the messages of every layer above.
    reason = status_object.get("message", "failed").rpartition("unable to start container process: ")[2]
    raise LabError(_("did not start: {reason}").format(reason=reason), object=command)


def _message(body: str) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.strip()[:300] or _("no reason given")
