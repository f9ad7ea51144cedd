"""A Deploy repository of its own, away from the template, as a team would have it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import checkout

GENERATED = shutil.ignore_patterns("*.env")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``infra/`` as Git sees it: without anything that was generated in the checkout."""
    copy = tmp_path_factory.mktemp("deploy") / "repository"
    shutil.copytree(checkout.infra_directory(), copy, ignore=GENERATED)
    return copy


@pytest.fixture
def deploy_repository(template: Path, tmp_path: Path) -> Path:
    """A copy for one test to change."""
    return Path(shutil.copytree(template, tmp_path / "repository", ignore=GENERATED))
