"""The paths of the checkout: the workbook, its labs, and the template's App and Deploy repositories."""

from __future__ import annotations

import os
from pathlib import Path

from lab_helpers import paths
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["app_directory", "infra_directory", "labs_directory", "notebooks_directory", "source_directory"]


def source_directory() -> Path:
    """The checkout: where ``notebooks/``, ``labs/``, ``app/`` and ``infra/`` lie.

    Raises:
        LabError: The package was installed without it, which is enough for clusters and the pytest plugin only; or
            ``LAB_CHECKOUT`` names a directory without notebooks.
    """
    checkout = paths.checkout_directory()
    if (checkout / "notebooks").is_dir():
        return checkout
    if paths.LAB_CHECKOUT in os.environ:
        raise LabError(
            _("has no directory notebooks/"), object=f"LAB_CHECKOUT={checkout}", next_step=f"unset {paths.LAB_CHECKOUT}"
        )
    raise LabError(
        _("is installed without its checkout, where the workbook and the template lie"),
        object=str(checkout / "lab_helpers"),
        next_step=f"make .venv/stamp   # {_('in a checkout')}",
    )


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
