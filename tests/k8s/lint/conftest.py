"""The Deploy repository as its tests have it: a copy of its own, with values for its secrets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import checkout, shell

_GENERATED = shutil.ignore_patterns("*.env")


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``infra/`` that can be rendered."""
    copy = tmp_path_factory.mktemp("deploy") / "infra"
    shutil.copytree(checkout.infra_directory(), copy, ignore=_GENERATED)
    for overlay in sorted((copy / "k8s/overlays").iterdir()):
        shell.run([copy / "_shared/scripts/env/setup_env_secure.sh", overlay.name])
    return copy


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy as Git has it, to be broken."""
    return Path(shutil.copytree(checkout.infra_directory(), tmp_path / "infra", ignore=_GENERATED))
