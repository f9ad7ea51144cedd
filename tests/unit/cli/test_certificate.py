"""`lab certificate`: what it writes verifies, stays where it is good, and is issued anew where it is not."""

from __future__ import annotations

import http.server
import ssl
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab_helpers.cli.main import app
from lab_helpers.errors import LabError
from lab_helpers.observe.outside import ask

_NAME = "*.example.com"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tls"


def issue(*names: str) -> str:
    result = CliRunner().invoke(app, ["certificate", *names])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def address(directory: Path) -> Iterator[str]:
    """A web server on loopback that shows what was issued for every name below example.com."""
    issue(_NAME)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "tls.crt", directory / "tls.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_who_trusts_the_authority_believes_the_server(address: str, directory: Path) -> None:
    assert ask("https://a.example.com/", address, directory / "ca.crt").status == 501


def test_another_name_and_another_authority_are_refused(address: str, directory: Path, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        ask("https://example.org/", address, directory / "ca.crt")
    directory.rename(tmp_path / "before")
    issue(_NAME)
    with pytest.raises(ssl.SSLCertVerificationError):
        ask("https://a.example.com/", address, directory / "ca.crt")
    assert ask("https://example.org/", address).status == 501


def test_a_key_is_private(directory: Path) -> None:
    issue(_NAME)
    assert stat.S_IMODE((directory / "tls.key").stat().st_mode) == 0o600
    assert sorted(file.name for file in directory.iterdir()) == ["ca.crt", "tls.crt", "tls.key"]


def test_what_is_good_stays(directory: Path) -> None:
    issue(_NAME)
    before = (directory / "tls.crt").read_text()
    assert "already" in issue(_NAME)
    assert (directory / "tls.crt").read_text() == before


@pytest.mark.parametrize("spoil", ["other names", "no key", "cut off", "another authority"])
def test_what_is_not_is_issued_anew(spoil: str, directory: Path, tmp_path: Path) -> None:
    issue(_NAME if spoil != "other names" else "*.example.org")
    before = (directory / "tls.crt").read_text()
    if spoil == "no key":
        (directory / "tls.key").unlink()
    elif spoil == "cut off":
        (directory / "tls.crt").write_text(before[:200])
    elif spoil == "another authority":
        authority = (directory / "ca.crt").read_text()
        issue("*.example.org")
        (directory / "ca.crt").write_text(authority)
    assert "already" not in issue(_NAME)
    assert (directory / "tls.crt").read_text() != before
    assert "already" in issue(_NAME)


@pytest.mark.parametrize("name", ["", "münchen.example", "-x.example", "a..b", "*.*.example", "a b"])
def test_what_is_no_dns_name_is_refused_and_nothing_is_written(name: str, directory: Path) -> None:
    result = CliRunner().invoke(app, ["certificate", "--", "fine.example", name])
    assert isinstance(result.exception, LabError)
    assert result.exception.object == repr(name)
    assert not directory.exists()
