"""The paths of the checkout: the workbook, its labs, and the template's App and Deploy repositories."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["app_directory", "infra_directory", "labs_directory", "notebooks_directory", "source_directory"]


def source_directory() -> Path:
    """The checkout: where ``notebooks/``, ``labs/``, ``app/`` and ``infra/`` lie.

    Raises:
        LabError: The package was installed without it, which is enough for clusters and the pytest plugin only.
    """
    package = Path(__file__).resolve().parent
    if not (package.parent / "notebooks").is_dir():
        raise LabError(
            _("is installed without its checkout, where the workbook lies"),
            object=str(package),
            next_step=f"make lab   # {_('in a checkout')}",
        )
    return package.parent


def notebooks_directory() -> Path:
    """The workbook."""
    return source_directory() / "notebooks"


def labs_directory() -> Path:
    """The labs behind the workbook, one package a notebook."""
    return source_directory() / "labs"


def app_directory() -> Path:
    """The App repositories of the template."""
    return source_directory() / "app"


def infra_directory() -> Path:
    """The Deploy repository of the template."""
    return source_directory() / "infra"
