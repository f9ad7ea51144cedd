"""`lab up`: create a cluster that lives until `lab down`."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from lab_helpers.cli.options import (
    Context,
    Language,
    Name,
    OwnRegistry,
    ProgressPrinter,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    RegistryPullConfig,
    StorageClass,
)
from lab_helpers.cluster.names import DEFAULT_NAME
from lab_helpers.language import gettext as _

__all__ = ["up"]

Servers = Annotated[
    int,
    typer.Option(
        "--servers", help=_("With --provider embedded: nodes with a control plane; of 3, any may die and come back.")
    ),
]


def up(
    name: Name = DEFAULT_NAME,
    provider: ProviderName = "auto",
    servers: Servers = 1,
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    registry_pull_config: RegistryPullConfig = None,
    storage_class: StorageClass = "",
    language: Language = None,
) -> None:
    """Create a cluster and keep it until `lab down`."""
    from lab_helpers.addons.base import BASE
    from lab_helpers.cluster import choose, lifecycle
    from lab_helpers.cluster.own import Own
    from lab_helpers.cluster.sweep import sweep
    from lab_helpers.workbook.course.territory import of_workbook

    progress = ProgressPrinter()
    sweep(progress)
    own = Own(context, registry, registry_ca, registry_config, storage_class, registry_pull_config, of_workbook)
    chosen = choose.provider_of(name, provider, own).with_servers(servers)
    cluster = lifecycle.create(chosen, name, progress, BASE, keep=True)
    progress(_("ready to use"))
    print(f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}")
