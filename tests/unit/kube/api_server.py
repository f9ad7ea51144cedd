"""A stand-in for an API server: answers from a script, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answerer = Callable[["Call"], None]

_DISCOVERY = {
    "/api": [
        ("", "v1", "pods", "Pod", "Namespaced", ["po"]),
        ("", "v1", "events", "Event", "Namespaced", ["ev"]),
        ("", "v1", "namespaces", "Namespace", "Cluster", ["ns"]),
        ("", "v1", "nodes", "Node", "Cluster", ["no"]),
        ("", "v1", "secrets", "Secret", "Namespaced", []),
        ("", "v1", "serviceaccounts", "ServiceAccount", "Namespaced", ["sa"]),
        ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "Namespaced", ["pvc"]),
    ],
    "/apis": [
        ("apps", "v1", "deployments", "Deployment", "Namespaced", ["deploy"]),
        ("events.k8s.io", "v1", "events", "Event", "Namespaced", ["ev"]),
    ],
}


class Call:
    """One request, and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.handler = handler
        self.method = handler.command
        self.path = urlsplit(handler.path).path
        self.query = {name: values[-1] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        self.headers = handler.headers
        self.body = body

    def answer(self, content: object, status: int = 200) -> None:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.handler.send_response(status)
        self.handler.send_header("Content-Length", str(len(raw)))
        self.handler.end_headers()
        self.handler.wfile.write(raw)

    def refuse(self, status: int, message: str) -> None:
        self.answer({"kind": "Status", "message": message, "code": status}, status)

    def reset(self) -> None:
        self.handler.close_connection = True
        self.handler.connection.close()

    def stream(self, *pieces: bytes, cut: bool = False) -> None:
        """Send pieces as chunks; a cut stream lacks the chunk that ends it."""
        self.handler.send_response(200)
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()
        for piece in pieces:
            self.handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.handler.wfile.flush()
        if cut:
            self.reset()
        else:
            self.handler.wfile.write(b"0\r\n\r\n")


class ApiServer:
    """Answers each address from its own script; the last entry of a script goes on for ever."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._scripts: dict[tuple[str, str], list[Answerer]] = {}
        self._lock = threading.Lock()
        self.ending = threading.Event()
        self.port = 0

    def on(self, method: str, path: str, *script: Answerer) -> None:
        self._scripts[(method, path)] = list(script)

    def count(self, method: str, path: str) -> int:
        return sum(call.method == method and call.path == path for call in self.calls)

    def take(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)
            script = self._scripts.get((call.method, call.path))
            answerer = (script.pop(0) if len(script) > 1 else script[0]) if script else None
        if answerer is not None:
            answerer(call)
        elif call.path in _DISCOVERY:
            call.answer(_discovery(call.path))
        else:
            call.refuse(404, f"no script for {call.method} {call.path}")


def _discovery(path: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    for group, version, plural, kind, scope, short in _DISCOVERY[path]:
        resource = {
            "resource": plural,
            "responseKind": {"kind": kind},
            "scope": scope,
            "singularResource": kind.lower(),
            "shortNames": short,
        }
        name = {"name": group} if group else {}
        in_group = next((item for item in items if item["metadata"] == name), None)
        if in_group is None:
            in_group = {"metadata": name, "versions": [{"version": version, "resources": []}]}
            items.append(in_group)
        in_group["versions"][0]["resources"].append(resource)
    return {"kind": "APIGroupDiscoveryList", "items": items}


def write_kubeconfig(directory: Path, port: int) -> Path:
    path = directory / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "test", "user": {"token": "not-a-secret"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
