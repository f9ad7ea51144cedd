"""A registry of the user's own: what it is called, whose credentials are used, and the tokens some of them want."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lab_helpers.certificates import CertificateAuthority
from lab_helpers.errors import LabError
from lab_helpers.images import registry
from lab_helpers.images.registry import Registry, load, own

_GRANTED = base64.b64encode(b"me:pass:word").decode()


def _config(tmp_path: Path, **content: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(content))
    return tmp_path / "config.json"


def _own(tmp_path: Path, address: str = "registry.example.com:5000/team/lab", **content: object) -> Registry:
    return own(tmp_path / "noted", address, ca=_authority(tmp_path), config=_config(tmp_path, **content))


def _authority(tmp_path: Path) -> Path:
    """An authority's certificate; a test's own where it has put one there."""
    ca = tmp_path / "ca.crt"
    if not ca.exists():
        ca.write_text(CertificateAuthority("theirs").pair.certificate)
    return ca


@pytest.mark.parametrize("server", ["registry.example.com:5000", "https://registry.example.com:5000/v2/"])
def test_it_is_noted_with_dockers_credentials(tmp_path: Path, server: str) -> None:
    registry = _own(tmp_path, auths={"registry.example.com": {"auth": "bm90"}, server: {"auth": _GRANTED}})
    assert load(tmp_path / "noted") == registry
    assert (registry.host, registry.hostname, registry.address, registry.port) == (
        "registry.example.com:5000",
        "registry.example.com",
        "registry.example.com",
        5000,
    )
    assert (registry.username, registry.password) == ("me", "pass:word")
    assert registry.password_file.stat().st_mode & 0o777 == 0o600
    assert "pass:word" not in (tmp_path / "noted" / "registry.json").read_text()
    assert "pass:word" not in repr(registry)


def test_a_cluster_is_given_the_credentials_that_only_pull(tmp_path: Path) -> None:
    host = "registry.example.com:5000"
    puller = tmp_path / "puller.json"
    puller.write_text(json.dumps({"auths": {host: {"auth": base64.b64encode(b"robot:only-pulls").decode()}}}))
    config = _config(tmp_path, auths={host: {"auth": _GRANTED}})
    registry = own(tmp_path / "noted", f"{host}/team", ca=_authority(tmp_path), config=config, pull_config=puller)
    assert load(tmp_path / "noted") == registry
    assert (registry.username, registry.password) == ("me", "pass:word"), "who pushes is who it was"
    assert (registry.puller.username, registry.puller.password) == ("robot", "only-pulls")
    assert registry.passwords == {"pass:word", "only-pulls"}
    docker_config = registry.docker_config(tmp_path / "given.json").read_text()
    assert {entry["auth"] for entry in json.loads(docker_config)["auths"].values()} == {
        base64.b64encode(b"robot:only-pulls").decode()
    }
    assert _GRANTED not in docker_config
    for file in (tmp_path / "noted").iterdir():
        assert file.name in ("password", "pull-password") or "only-pulls" not in file.read_text()
    assert (tmp_path / "noted" / "pull-password").stat().st_mode & 0o777 == 0o600


def test_without_others_it_is_given_those_that_push(tmp_path: Path) -> None:
    registry = _own(tmp_path, auths={"registry.example.com:5000": {"auth": _GRANTED}})
    assert registry.puller is registry
    assert _GRANTED in registry.docker_credentials()


def test_a_pull_configuration_that_is_not_there_is_told(tmp_path: Path) -> None:
    config = _config(tmp_path, auths={"registry.example.com": {"auth": _GRANTED}})
    address = "registry.example.com/team"
    with pytest.raises(LabError, match="no such file") as failure:
        own(tmp_path / "noted", address, ca=_authority(tmp_path), config=config, pull_config=tmp_path / "none")
    assert failure.value.next_step == "--registry-pull-config FILE"


def test_without_a_port_it_is_https(tmp_path: Path) -> None:
    registry = _own(tmp_path, "ghcr.io/me", auths={"ghcr.io": {"auth": _GRANTED}})
    assert (registry.host, registry.port, registry.root) == ("ghcr.io", 443, "ghcr.io/me")


def test_the_users_own_configuration_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _config(tmp_path, auths={"r.example.com": {"auth": _GRANTED}})
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert own(tmp_path / "noted", "r.example.com/team", ca=_authority(tmp_path)).username == "me"


def test_images_are_called_as_they_are_there(tmp_path: Path) -> None:
    registry = _own(tmp_path, auths={"registry.example.com:5000": {"auth": _GRANTED}})
    image = "registry.example.com:5000/team/lab/org/prj-02:v1.0.0"
    assert registry.localize("image: ghcr.io/org/prj-02:v1.0.0") == f"image: {image}"
    assert registry.localize("not-ghcr.io/org and mirror.example.com/ghcr.io/org") == (
        "not-ghcr.io/org and mirror.example.com/ghcr.io/org"
    )
    assert registry.localize(image) == image
    assert registry.locate(image) == ("org/prj-02", "v1.0.0")
    with pytest.raises(LabError, match="does not name an image here"):
        registry.locate("registry.example.com:5000/other/org/prj-02:v1.0.0")
    assert registry.path("org/prj-02") == "team/lab/org/prj-02"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "r.example.com",
        "https://r.example.com/team",
        "r.example.com/Team",
        "r/",
        "r..example/t",
        f"{'r' * 64}/t",
        "r:0/t",
        "r:65536/t",
        "-r/t",
    ],
)
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(LabError, match=r"is not HOST\[:PORT\]/PREFIX"):
        _own(tmp_path, address)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"auths": {"other.example.com": {"auth": _GRANTED}}},
        {"auths": {"registry.example.com:5000": {}}},
        {"auths": {"registry.example.com:5000": {"auth": base64.b64encode(b"me").decode()}}},
        {"auths": {"registry.example.com:5000": {"auth": None}}},
        {"auths": {"registry.example.com:5000": "me"}},
        {"auths": None, "credHelpers": None, "credsStore": None},
        {"auths": ["registry.example.com:5000"], "credHelpers": "toy"},
    ],
)
def test_missing_credentials_are_told_with_how_to_get_them(tmp_path: Path, content: dict[str, Any]) -> None:
    with pytest.raises(LabError, match="has no credentials") as failure:
        _own(tmp_path, **content)
    assert failure.value.next_step.startswith("docker login registry.example.com:5000")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "ca.crt").write_text(content)
    config = _config(tmp_path, auths={"registry.example.com": {"auth": _GRANTED}})
    with pytest.raises(LabError, match="cannot be read as certificates") as failure:
        own(tmp_path / "noted", "registry.example.com/team", ca=tmp_path / "ca.crt", config=config)
    assert failure.value.next_step == "--registry-ca FILE"


def test_a_configuration_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"missing\.json: no such file"):
        own(tmp_path / "noted", "registry.example.com/team", config=tmp_path / "missing.json")


def test_what_a_pull_secret_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="identity token"):
        _own(tmp_path, auths={"registry.example.com:5000": {"identitytoken": "abc"}})


def test_broken_credentials_are_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="not base64") as failure:
        _own(tmp_path, auths={"registry.example.com:5000": {"auth": "s3cret!"}})
    assert "s3cret" not in str(failure.value)
    with pytest.raises(LabError, match="not base64") as failure:
        _own(tmp_path, auths={"registry.example.com:5000": {"auth": "s3crét"}})
    assert "s3cr" not in str(failure.value)
    (tmp_path / "config.json").write_text("{s3cret")
    with pytest.raises(LabError, match="cannot be read") as failure:
        own(tmp_path / "noted", "r.example.com/team", ca=_authority(tmp_path), config=tmp_path / "config.json")
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize("content", [{"credHelpers": {"registry.example.com:5000": "toy"}}, {"credsStore": "toy"}])
def test_a_credential_helper_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any]) -> None:
    helper = tmp_path / "docker-credential-toy"
    helper.write_text('#!/bin/sh\n[ "$1" = get ] && printf \'{"Username": "%s", "Secret": "s"}\' "$(cat)"\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    registry = _own(tmp_path, auths={"registry.example.com:5000": {}}, **content)
    assert (registry.username, registry.password) == ("registry.example.com:5000", "s")
    helper.write_text("#!/bin/sh\necho 'credentials not found'; exit 1\n")
    with pytest.raises(LabError, match="has no credentials"):
        _own(tmp_path, **content)


Answerer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Answerer], Registry]]:
    """Serve HTTPS on loopback, and return the registry that is there."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def go(answer: Answerer) -> Registry:
        authority = CertificateAuthority("test")
        (tmp_path / "ca.crt").write_text(authority.pair.certificate)
        certificate, key = authority.issue("registry", addresses=["127.0.0.1"]).write(tmp_path, "tls")
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(certificate, key)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False  # closing it waits for them
        server.socket = trust.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        servers.append((server, thread))
        host = f"127.0.0.1:{server.server_port}"
        return _own(tmp_path, f"{host}/team", auths={host: {"auth": _GRANTED}})

    yield go
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def _reply(handler: BaseHTTPRequestHandler, status: int, body: object = None, **headers: str) -> None:
    raw = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(raw))}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(raw)


def _with_tokens(handler: BaseHTTPRequestHandler, *, realm: str = "") -> None:
    """A registry that wants a token for each scope, given to whoever shows the password."""
    place, shown = urlsplit(handler.path), handler.headers["Authorization"]
    if place.path == "/token":
        scope = parse_qs(place.query).get("scope", ["none"])[0]
        assert parse_qs(place.query)["service"] == ["toy"]
        granted = shown == f"Basic {_GRANTED}"
        _reply(handler, 200 if granted else 401, {"token": f"for {scope}"} if granted else {})
        return
    scope = "repository:team/org/prj-02:pull" if "prj-02" in place.path else "none"
    if shown == f"Bearer for {scope}":
        _reply(handler, 200, {"tags": ["v1.0.0"]})
        return
    token_url = f"https://{handler.headers['Host']}/token"
    challenge = f'Bearer realm="{realm or token_url}",service="toy"'
    _reply(handler, 401, www_authenticate=challenge if scope == "none" else f'{challenge},scope="{scope}"')


def test_a_token_is_fetched_for_what_is_asked(serve: Callable[[Answerer], Registry]) -> None:
    identity = serve(_with_tokens)
    registry.sign_in(identity)
    assert registry.tags(identity, "org/prj-02") == ("v1.0.0",)


def test_a_refused_password_is_told(serve: Callable[[Answerer], Registry]) -> None:
    identity = serve(_with_tokens)
    identity.password_file.write_text("wrong\n")
    with pytest.raises(LabError, match="gave no token: HTTP Error 401") as failure:
        registry.sign_in(identity)
    assert "wrong" not in str(failure.value)


def test_the_password_goes_to_nobody_unencrypted(serve: Callable[[Answerer], Registry]) -> None:
    identity = serve(lambda handler: _with_tokens(handler, realm="http://127.0.0.1:1/token"))
    with pytest.raises(LabError, match="without encryption"):
        registry.sign_in(identity)


def test_a_registry_that_takes_the_password_itself_needs_no_token(serve: Callable[[Answerer], Registry]) -> None:
    granted = f"Basic {_GRANTED}"
    identity = serve(
        lambda handler: _reply(
            handler, 200 if handler.headers["Authorization"] == granted else 401, www_authenticate='Basic realm="r"'
        )
    )
    registry.sign_in(identity)
    identity.password_file.write_text("wrong\n")
    with pytest.raises(LabError, match="refused the user name or password"):
        registry.sign_in(identity)


def test_a_registry_that_is_open_to_all_is_refused(serve: Callable[[Answerer], Registry]) -> None:
    with pytest.raises(LabError, match="lets strangers in"):
        registry.sign_in(serve(lambda handler: _reply(handler, 200)))
