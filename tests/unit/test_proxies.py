"""The lab's own addresses never go through a proxy, and everything else does as the user wants it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab_helpers import proxies
from lab_helpers.cluster.kind.layout import KindSpec
from lab_helpers.kube.client import Client
from lab_helpers.kube.configuration import load_configuration
from tests.unit.kube.api_server import ApiServer, write_kubeconfig

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("server", "own"),
    [
        ("https://10.83.7.10:6443", True),
        ("https://127.0.0.1:40000", True),
        ("https://[::1]:6443", True),
        ("https://localhost:6443", True),
        ("https://10.84.0.1:6443", False),
        ("https://eks.example.com", False),
    ],
)
@pytest.mark.parametrize("no_proxy", ["", "localhost,127.0.0.1,10.0.0.0/8"])
def test_a_client_of_the_lab_asks_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, no_proxy: str, *, own: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert proxies.is_own(server) is own
    kubeconfig = write_kubeconfig(tmp_path, 1)
    kubeconfig.write_text(kubeconfig.read_text().replace("http://127.0.0.1:1", server))
    assert load_configuration(kubeconfig).proxy == (None if own else NOWHERE)


def test_it_reaches_an_api_server_beside_a_dead_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: ApiServer
) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    monkeypatch.setenv("http_proxy", NOWHERE)
    api.on("GET", "/version", lambda call: call.answer({"gitVersion": "v1.37.1"}))
    client = Client(write_kubeconfig(tmp_path, api.port), patience_seconds=300)
    assert client.server_version() == "v1.37.1"


def test_nothing_is_said_where_there_is_no_proxy() -> None:
    assert proxies.bypass("ghcr.io") == {}


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "all_proxy"])
def test_what_the_user_excepts_stays_and_the_labs_own_is_added(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, NOWHERE)
    monkeypatch.setenv("NO_PROXY", "example.com, localhost")
    monkeypatch.setenv("no_proxy", "other.example")
    variables = proxies.bypass("ghcr.io", "10.83.7.2")
    expected = "example.com,localhost,other.example,127.0.0.1,127.0.0.0/8,10.83.0.0/16,ghcr.io,10.83.7.2"
    assert variables == {"NO_PROXY": expected, "no_proxy": expected}


def test_a_user_who_excepts_everything_still_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    monkeypatch.setenv("NO_PROXY", "*")
    assert proxies.bypass("ghcr.io")["no_proxy"] == "*"


def test_kinds_nodes_pull_from_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    assert "ghcr.io" in KindSpec("a", "/d", "/r", "kind", "image").environment()["NO_PROXY"].split(",")


def test_downloads_still_ask_the_proxy() -> None:
    script = (
        "import os, urllib.request; from lab_helpers import proxies\n"
        "os.environ.update(proxies.bypass('ghcr.io'))\n"
        "print(urllib.request.getproxies()['https'], urllib.request.proxy_bypass('proxy.golang.org'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "HTTPS_PROXY": NOWHERE},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == [NOWHERE, "False"]
