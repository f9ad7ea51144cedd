"""`lab addon`: what is installed on a lab's cluster, and install and remove it by hand."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import language
from lab_helpers.cli.options import Language, ProgressPrinter, RunningName
from lab_helpers.cli.resuming import resumable
from lab_helpers.cli.verbs import add
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop

if TYPE_CHECKING:
    from lab_helpers.addons.contract import Addon
    from lab_helpers.cluster.base import Cluster

__all__ = ["app"]

app = typer.Typer(help=_("List the add-ons of a lab's cluster, install and remove them."), no_args_is_help=True)


AddonName = Annotated[str, typer.Argument(metavar="ADDON", help=_("Its name, as `lab addon list` shows it."))]


def list_addons(name: RunningName = None, language: Language = None) -> None:
    """List the add-ons there are, and how each is on the cluster where one runs."""
    from lab_helpers.addons.catalogue import all_addons
    from lab_helpers.cluster.at_hand import resolve_name
    from lab_helpers.cluster.choose import maker_of
    from lab_helpers.workbook.display.tables import Table

    lab = resolve_name(name)
    cluster = maker_of(lab).attach(lab)
    rows = [[addon.name, _presence(addon, cluster), addon.description] for addon in all_addons()]
    print(Table([_("ADD-ON"), lab, _("WHAT IT IS FOR")], rows))
    if cluster is None:
        print(_("lab {name} has no running cluster; next: lab up --name {name}").format(name=lab))


def install(addon: AddonName, name: RunningName = None, language: Language = None) -> None:
    """Install an add-on on the cluster of a lab; what is there already is brought up to date."""
    from lab_helpers.addons import catalogue, installing
    from lab_helpers.cluster.at_hand import attached, resolve_name

    chosen, progress = catalogue.addon(addon), ProgressPrinter()
    cluster = attached(resolve_name(name))
    with _resumable("install", chosen, cluster):
        installing.install(chosen, cluster, progress)
    progress(_("add-on {name} is ready").format(name=chosen.name))


def remove(addon: AddonName, name: RunningName = None, language: Language = None) -> None:
    """Remove an add-on from the cluster of a lab, with all that belongs to it."""
    from lab_helpers.addons import catalogue, installing
    from lab_helpers.cluster.at_hand import attached, resolve_name

    chosen, progress = catalogue.addon(addon), ProgressPrinter()
    cluster = attached(resolve_name(name))
    with _resumable("remove", chosen, cluster):
        installing.remove([chosen], cluster, progress)
    progress(_("nothing of add-on {name} is left").format(name=chosen.name))


def _resumable(verb: str, addon: Addon, cluster: Cluster) -> AbstractContextManager[None]:
    return resumable(
        _("add-on {name}").format(name=addon.name),
        _("interrupted; a part of it may be on the cluster"),
        f"lab addon {verb} {addon.name} --name {cluster.name}",
        cluster.name,
    )


def _presence(addon: Addon, cluster: Cluster | None) -> str:
    from lab_helpers.addons.installing import presence

    return language.gettext(_PRESENCE[presence(addon, cluster)]) if cluster else "–"


_PRESENCE = {
    "ready": gettext_noop("ready"),
    "unready": gettext_noop("not ready"),
    "absent": gettext_noop("not installed"),
}

add(app, list_addons, "list")
add(app, install)
add(app, remove)
