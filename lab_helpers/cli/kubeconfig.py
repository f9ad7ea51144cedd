"""`lab kubeconfig`: the path of a lab's kubeconfig, for any other tool."""

from __future__ import annotations

from lab_helpers.cli.options import Language, RunningName

__all__ = ["kubeconfig"]


def kubeconfig(name: RunningName = None, language: Language = None) -> None:
    """Print the path of the kubeconfig, for `export KUBECONFIG=$(lab kubeconfig)`; see also `lab env`."""
    from lab_helpers.cluster import at_hand

    print(at_hand.attached(at_hand.resolve_name(name)).kubeconfig)
