"""`lab kubeconfig`: the path of a lab's kubeconfig, for any other tool."""

from __future__ import annotations

from lab_helpers.cli.options import Name

__all__ = ["kubeconfig"]


def kubeconfig(name: Name = "lab") -> None:
    """Print the path of the kubeconfig: `export KUBECONFIG=$(lab kubeconfig)`."""
    from lab_helpers.cluster import choose

    print(choose.maker_of(name).kubeconfig(name))
