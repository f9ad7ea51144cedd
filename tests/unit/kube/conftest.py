"""What the tests of the client share."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.kube.client import Client
from tests.unit.kube.api_server import ApiServer, write_kubeconfig


@pytest.fixture
def kubeconfig(api: ApiServer, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path, api.port)


@pytest.fixture
def client(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """One that waits for a server that shares its process, and with it whatever holds that up."""
    monkeypatch.setattr("lab_helpers.kube.transport._REQUEST_SECONDS", 300)
    return Client(kubeconfig, patience_seconds=300)
