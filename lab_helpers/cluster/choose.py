"""Which provider: the one that was named, or the first that can work here."""

from __future__ import annotations

from lab_helpers.cluster import record
from lab_helpers.cluster.own import NOTHING, Own
from lab_helpers.cluster.provider import Provider
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["AUTO", "CANDIDATES", "PROVIDERS", "maker_of", "provider", "provider_of"]

AUTO = "auto"
CANDIDATES = ("embedded", "kind")
"""Those that ``auto`` chooses from."""
PROVIDERS = record.PROVIDERS
"""All; k3d, and what is the user's own, are used only when they are named."""


def provider(name: str, own: Own = NOTHING) -> Provider:
    """The provider of that name; ``auto`` is the first whose doctor finds all it needs.

    Args:
        name: Its name.
        own: What the user says about a cluster and a registry of their own.

    Raises:
        LabError: There is no such provider, it takes nothing of the user's own, or none can work here.
    """
    if name == "existing":
        from lab_helpers.cluster.existing.provider import ExistingProvider

        return ExistingProvider(own)
    if own != NOTHING:
        raise LabError(
            _("makes its own cluster and registry: --context and --registry are for --provider existing"),
            object=_("provider {name}").format(name=name),
            next_step="--provider existing",
        )
    if name == AUTO:
        return _first_that_works()
    if name == "embedded":
        from lab_helpers.cluster.embedded.provider import EmbeddedProvider

        return EmbeddedProvider()
    if name == "kind":
        from lab_helpers.cluster.kind.provider import KindProvider

        return KindProvider()
    if name == "k3d":
        from lab_helpers.cluster.k3d.provider import K3dProvider

        return K3dProvider()
    raise LabError(_("no such provider"), object=repr(name), next_step=f"--provider {'|'.join((AUTO, *PROVIDERS))}")


def provider_of(lab: str, named: str = AUTO, own: Own = NOTHING) -> Provider:
    """The provider of an existing lab, else the one that was named.

    Raises:
        LabError: The lab exists and another provider made it.
    """
    lab_record = record.load(lab)
    if lab_record is None:
        return provider(named, own)
    if named not in (AUTO, lab_record.provider):
        raise LabError(
            _("was made by provider {maker}, not {named}").format(maker=lab_record.provider, named=named),
            object=_("lab {name}").format(name=lab),
            next_step=f"lab down --name {lab}",
        )
    return provider(lab_record.provider, own)


def maker_of(lab: str) -> Provider:
    """The provider that made a lab; embedded, whose remains may have no record, where nothing tells."""
    lab_record = record.load(lab)
    return provider(lab_record.provider if lab_record else "embedded")


def _first_that_works() -> Provider:
    problems, steps = [], []
    for name in CANDIDATES:
        candidate = provider(name)
        failed = next((finding for finding in candidate.doctor() if not finding.ok), None)
        if failed is None:
            return candidate
        problems.append(f"{name}: {failed.name}: {failed.seen}")
        steps.append(failed.next_step)
    next_step = f"   # {_('or:')} ".join(steps)
    raise LabError(_("no provider can work here"), object=AUTO, last_event="; ".join(problems), next_step=next_step)
