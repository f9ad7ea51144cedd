"""`lab up`: create a cluster that lives until `lab down`."""

from __future__ import annotations

from lab_helpers.cli.options import Name, Progress, ProviderName

__all__ = ["up"]

_USABLE_SECONDS = 120.0


def up(name: Name = "lab", provider: ProviderName = "auto") -> None:
    """Create a cluster and keep it until `lab down`."""
    from lab_helpers.cluster import choose
    from lab_helpers.cluster.sweep import sweep

    progress = Progress()
    sweep(progress)
    with choose.provider_of(name, provider).create(name, progress) as cluster:
        progress("node Ready, waiting for DNS and storage")
        cluster.wait_usable(_USABLE_SECONDS)
        cluster.keep()
        progress("ready to use")
        print(f"export KUBECONFIG={cluster.kubeconfig}")
