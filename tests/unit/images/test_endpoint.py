"""Docker's daemon: found as the docker command finds it, and where nothing names one also where one would look."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest
from docker.context import ContextAPI
from docker.tls import TLSConfig

from lab_helpers import shell
from lab_helpers.cluster.containers import docker
from lab_helpers.errors import LabError
from lab_helpers.images import endpoint
from lab_helpers.images.builders.choose import choose_builder
from lab_helpers.images.builders.docker import DockerBuilder
from lab_helpers.images.endpoint import Endpoint


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory without Docker, and no variable that names one."""
    for name in (*endpoint._VARIABLES, "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(endpoint, "_SYSTEM_SOCKET", tmp_path / "docker.sock")
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("{}")
    return tmp_path


class Daemon(ThreadingMixIn, UnixStreamServer):
    """What answers the docker package's first question."""

    daemon_threads = True

    class RequestHandlerClass(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"Version": "29.0.0", "ApiVersion": "1.52"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

        def address_string(self) -> str:
            return "local"


@pytest.fixture
def rootless(home: Path) -> Iterator[Path]:
    """A daemon on the socket where rootless ones listen."""
    path = home / "runtime" / "docker.sock"
    path.parent.mkdir()
    server = Daemon(str(path), Daemon.RequestHandlerClass)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield path
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the docker command, which finds a rootless daemon only if it is led there."""
    program = home / "bin" / "docker"
    program.parent.mkdir()
    answer = f"""[ "$DOCKER_HOST" = unix://{home}/runtime/docker.sock ] && echo '{{"Version": "29.0.0"}}'"""
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def hosts() -> list[str]:
    return [item.host for item in endpoint.endpoints()]


def use(home: Path, context: str) -> None:
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": context}))


def test_the_environment_names_one_before_every_context(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ContextAPI.create_context("far", host="tcp://far:2376")
    use(home, "far")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    monkeypatch.setenv("DOCKER_HOST", "tcp://near:2376")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certificates")
    [named_endpoint] = endpoint.endpoints()
    assert named_endpoint.host == "tcp://near:2376"
    assert named_endpoint.environment["DOCKER_CONTEXT"] == ""
    assert named_endpoint.environment["DOCKER_CERT_PATH"] == "/certificates"


@pytest.mark.parametrize("by", ["DOCKER_CONTEXT", "docker context use"])
def test_a_context_names_one_as_it_does_for_the_docker_package(
    home: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    files = {name: home / f"{name}.pem" for name in ("ca", "cert", "key")}
    for name, file in files.items():
        file.write_text(name)
    certificates = TLSConfig((str(files["cert"]), str(files["key"])), str(files["ca"]), verify=True)
    ContextAPI.create_context("far", host="tcp://far:2376", tls_cfg=certificates)
    if by == "DOCKER_CONTEXT":
        monkeypatch.setenv(by, "far")
    else:
        use(home, "far")
    [named_endpoint] = endpoint.endpoints()
    theirs = ContextAPI.kwargs_from_context()
    # The package writes https where docker writes tcp.
    assert named_endpoint.host.rpartition("/")[2] == theirs["base_url"].rpartition("/")[2] == "far:2376"
    assert named_endpoint.environment["DOCKER_TLS_VERIFY"] == "1"
    directory = Path(named_endpoint.environment["DOCKER_CERT_PATH"])
    assert (str(directory / "cert.pem"), str(directory / "key.pem")) == theirs["tls"].cert
    assert str(directory / "ca.pem") == theirs["tls"].ca_cert


@pytest.mark.skipif(shell.find("docker") is None, reason="no docker command to compare with")
@pytest.mark.parametrize("context", ["", "default", "far"])
@pytest.mark.parametrize("host", ["", "tcp://near:2376"])
def test_it_is_the_one_that_the_docker_command_takes(
    home: Path, monkeypatch: pytest.MonkeyPatch, context: str, host: str
) -> None:
    monkeypatch.setattr(endpoint, "_SYSTEM_SOCKET", Path("/var/run/docker.sock"))
    (home / ".docker" / "config.json").unlink()  # docker finds contexts without it too
    shell.run(["docker", "context", "create", "far", "--docker", "host=tcp://far:2376"])
    monkeypatch.setenv("DOCKER_CONTEXT", context)
    monkeypatch.setenv("DOCKER_HOST", host)
    result = shell.run(["docker", "context", "inspect", "--format={{.Endpoints.docker.Host}}"])
    assert hosts()[0] == result.stdout.strip()


def test_where_nothing_is_named_daemons_without_a_context_are_found_too(home: Path, rootless: Path) -> None:
    assert hosts() == [
        f"unix://{home}/docker.sock",
        f"unix://{rootless}",
        f"unix://{home}/.docker/desktop/docker.sock",
        f"unix://{home}/.docker/run/docker.sock",
    ]
    builder = choose_builder()
    assert builder.program == "docker"
    # The command gets the same one, though it would not look there by itself.
    answering = endpoint.first_that_answers(lambda candidate: candidate)
    assert answering.environment["DOCKER_HOST"] == f"unix://{rootless}"


@pytest.mark.usefixtures("command")
def test_the_command_is_led_to_where_the_package_was(rootless: Path) -> None:
    finding, daemon = docker.look()
    assert finding.ok
    assert finding.seen == f"daemon 29.0.0 at unix://{rootless} (a rootless daemon)"
    assert daemon is not None
    assert daemon.environment["DOCKER_HOST"] == f"unix://{rootless}"


@pytest.mark.usefixtures("command")
def test_a_context_that_is_not_there_is_said_with_who_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    with pytest.raises(LabError, match="is not there") as caught:
        endpoint.endpoints()
    assert caught.value.object == "context gone, named by DOCKER_CONTEXT"
    assert docker.look()[0].seen.startswith("context gone, named by DOCKER_CONTEXT: is not there")
    assert caught.value.next_step == "docker context ls"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"Endpoints": []}', '{"Endpoints": {"docker": "x"}}'])
def test_a_context_that_cannot_be_read_is_one_line(home: Path, content: str) -> None:
    ContextAPI.create_context("broken", host="tcp://far:2376")
    [file] = (home / ".docker" / "contexts" / "meta").rglob("meta.json")
    file.write_text(content)
    use(home, "broken")
    with pytest.raises(LabError, match="cannot be read"):
        endpoint.endpoints()


@pytest.mark.parametrize("content", ["", "[]", "null", '{"currentContext": null}'])
def test_settings_that_docker_would_pass_over_are_passed_over(home: Path, content: str) -> None:
    (home / ".docker" / "config.json").write_text(content)
    assert hosts()[0] == f"unix://{home}/docker.sock"


def test_what_was_tried_is_said_with_what_to_type(home: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home / "docker.sock"))  # and never listens: a daemon that was killed
        with pytest.raises(LabError) as caught:
            DockerBuilder.connect()
    assert f"unix://{home}/docker.sock (the system's daemon): " in caught.value.reason
    assert "Connection refused" in caught.value.reason
    for place in ("runtime/docker.sock (a rootless daemon)", ".docker/run/docker.sock (Docker Desktop)"):
        assert f"unix://{home}/{place}" in caught.value.reason
    assert caught.value.reason.endswith(": No such file or directory")
    assert "docker" in caught.value.next_step


@pytest.mark.parametrize(
    ("variable", "value", "step"),
    [("DOCKER_HOST", "tcp://127.0.0.1:1", "unset DOCKER_HOST"), ("DOCKER_CONTEXT", "far", "docker context ls")],
)
def test_what_names_a_daemon_that_is_gone_is_said(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, step: str
) -> None:
    ContextAPI.create_context("far", host="tcp://127.0.0.1:1")
    monkeypatch.setenv(variable, value)
    with pytest.raises(LabError, match=r"127\.0\.0\.1:1") as caught:
        DockerBuilder.connect()
    assert caught.value.next_step.startswith(step)


def test_a_socket_that_is_somebody_elses_is_said_with_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Endpoint, "obstacle", lambda self: os.strerror(errno.EACCES))
    with pytest.raises(LabError) as caught:
        DockerBuilder.connect()
    assert "usermod -aG docker" in caught.value.next_step
