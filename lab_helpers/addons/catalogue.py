"""The add-ons that there are: every package below this one that defines ``ADDON``."""

from __future__ import annotations

import importlib
import pkgutil

from lab_helpers import addons
from lab_helpers.addons.contract import Addon
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["addon", "all_addons", "base_addons", "names"]


def names() -> list[str]:
    """Their names, sorted."""
    return sorted(
        package.replace("_", "-") for _, package, is_package in pkgutil.iter_modules(addons.__path__) if is_package
    )


def addon(name: str) -> Addon:
    """The add-on of that name.

    Raises:
        LabError: There is none.
    """
    known = names()
    if name not in known:
        raise LabError(
            _("is no add-on; there are {known}").format(known=", ".join(known)),
            object=repr(name),
            next_step="lab addon list",
        )
    defined: Addon = importlib.import_module(f"{addons.__name__}.{name.replace('-', '_')}").ADDON
    return defined


def all_addons() -> list[Addon]:
    """All of them."""
    return [addon(name) for name in names()]


def base_addons() -> list[Addon]:
    """Those that every cluster has."""
    return [each for each in all_addons() if each.is_base]
