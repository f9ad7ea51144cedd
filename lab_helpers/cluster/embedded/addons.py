"""What a cluster needs before it is of use: cluster DNS and storage, applied by kubectl like any other manifest."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from lab_helpers import proxies, shell
from lab_helpers.cluster.embedded.layout import EmbeddedLayout

__all__ = ["DEPLOYMENTS", "apply"]

# (name, namespace) of what has to be available before the cluster counts as usable.
DEPLOYMENTS = (("coredns", "kube-system"), ("local-path-provisioner", "local-path-storage"))


def apply(layout: EmbeddedLayout, kubectl: Path, images: Mapping[str, str], *, again: bool = False) -> None:
    """Apply the add-ons.

    Args:
        layout: The cluster.
        kubectl: The program.
        images: The reference of each image by name: ``coredns``, ``local-path-provisioner``, ``busybox``.
        again: Whether some of it may be there already.
    """
    values = {
        "DNS_ADDRESS": layout.dns_address,
        "COREDNS_IMAGE": images["coredns"],
        "LOCAL_PATH_IMAGE": images["local-path-provisioner"],
        "BUSYBOX_IMAGE": images["busybox"],
    }
    directory = files("lab_helpers.cluster.embedded") / "manifests"
    # `safe_substitute`, because `$VOL_DIR` in a script of the manifest is not ours.
    manifests = [
        Template((directory / f"{name}.yaml").read_text()).safe_substitute(values) for name in ("coredns", "local-path")
    ]
    verb = ["apply", "--server-side", "--force-conflicts"] if again else ["create"]  # which is quicker
    shell.run(
        [kubectl, f"--kubeconfig={layout.kubeconfig}", *verb, "--validate=false", "-f", "-"],
        input="\n---\n".join(manifests),
        env={"KUBERC": "off", **proxies.bypass()},  # the user's preferences are for the user's commands
    )
