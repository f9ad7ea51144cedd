"""What is remembered of a lab on somebody's cluster: where its files lie, and what its user said when it connected."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster import record
from lab_helpers.cluster.existing.layout import ExistingLayout
from lab_helpers.cluster.names import check_name
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["PROVIDER", "completed", "details", "expect_same_options", "find", "is_kept", "layout"]

PROVIDER = "existing"


def layout(name: str) -> ExistingLayout:
    """Where the lab's files lie."""
    return ExistingLayout(name, paths.cluster_directory(name))


def find(name: str) -> record.ClusterRecord | None:
    """The record of a lab of that name on somebody's cluster."""
    entry = record.load(check_name(name))
    return entry if entry is not None and entry.provider == PROVIDER else None


def is_kept(name: str) -> bool:
    """Whether there is such a lab, and it lives until it is deleted by name."""
    entry = find(name)
    return entry is not None and entry.kept


def details(own: Own, context: str, server: str) -> dict[str, object]:
    """What is noted of a lab that connects.

    Args:
        own: What its user said.
        context: The kubeconfig's context.
        server: The API server's address.
    """
    return {
        "server": server,
        "context": context,
        "registry": own.registry.rstrip("/"),
        "registry_ca": str(own.registry_ca or ""),
        "registry_config": str(own.registry_config or ""),
        "registry_pull_config": str(own.registry_pull_config or ""),
        "storage_class": own.storage_class,
    }


def completed(own: Own, name: str) -> Own:
    """What the user says now, and where they say nothing, what they said when the lab connected."""
    entry = find(name)
    assert entry is not None, "a kept lab has a record"
    then = {option: str(value) for option, value in entry.details.items()}
    return Own(
        context=own.context or then["context"],
        registry=own.registry or then["registry"],
        registry_ca=own.registry_ca or _path(then["registry_ca"]),
        registry_config=own.registry_config or _path(then["registry_config"]),
        storage_class=own.storage_class or then["storage_class"],
        # A lab of before there was such an option has none.
        registry_pull_config=own.registry_pull_config or _path(then.get("registry_pull_config", "")),
        territory=own.territory,
    )


def expect_same_options(own: Own, name: str) -> None:
    """Make sure that the user names nothing else now than when the lab connected.

    Raises:
        LabError: They do.
    """
    entry = find(name)
    for option, reason in (
        ("context", _("works with context {then!r}, not {now!r}")),
        ("registry", _("works with registry {then!r}, not {now!r}")),
        ("storage_class", _("works with storage class {then!r}, not {now!r}")),
    ):
        current, before = getattr(own, option).rstrip("/"), entry.details[option] if entry else ""
        if current and current != before:
            raise LabError(
                reason.format(then=before, now=current),
                object=_("lab {name}").format(name=name),
                next_step=f"lab down --name {name}",
            )


def _path(text: str) -> Path | None:
    return Path(text) if text else None
