"""What learners commonly get wrong, told from what is there: a hint should name the mistake that was made."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["beside", "make_pull_secret", "missing_pull_secret", "similar", "without_pull_secret"]

_PULL_SECRET = "kubernetes.io/dockerconfigjson"  # noqa: S105 - the type of a Secret
_WITHOUT_N = "default"


def similar(name: str, names: Iterable[str]) -> str:
    """The one of these names that was probably meant to be ``name``; empty where none is like it."""
    return next(iter(get_close_matches(name, names, n=1, cutoff=0.8)), "")


def beside(directory: Path, name: str) -> list[str]:
    """A sentence that names the file there which was probably meant; none where no name is like it."""
    similar_name = similar(name, (file.name for file in directory.glob("*")))
    return [_("There is {meant}.").format(meant=similar_name)] if similar_name and similar_name != name else []


def missing_pull_secret(client: Client, name: str, namespace: str) -> str:
    """Why a pull secret is not where a pod looks for it.

    Args:
        client: The cluster.
        name: The name that the pod asks for.
        namespace: The pod's namespace.
    """
    secrets = [secret["metadata"] for secret in client.list("secret") if secret.get("type") == _PULL_SECRET]
    # Other namespaces may well have one of their own; in this one lands what is made without -n.
    if any(secret["name"] == name and secret["namespace"] == _WITHOUT_N for secret in secrets):
        return _(
            "There is a {name} in namespace {without_n}: -n {namespace} was forgotten. A pod finds "
            "its pull secret in its own namespace only."
        ).format(name=name, without_n=_WITHOUT_N, namespace=namespace)
    misnamed = similar(name, (secret["name"] for secret in secrets if secret["namespace"] == namespace))
    if misnamed:
        return _(
            "There is a pull secret {misnamed}; the pod asks for {name}, and finds it by its exact name only."
        ).format(misnamed=misnamed, name=name)
    return _(
        "The pull secret {name} was not made: the pod finds it by its exact name, in its own namespace, {namespace}."
    ).format(name=name, namespace=namespace)


def make_pull_secret(name: str, namespace: str) -> str:
    """The command that makes a pull secret from the file in ``GHCR_CONFIG``."""
    return f'kubectl -n {namespace} create secret docker-registry {name} --from-file=.dockerconfigjson="$GHCR_CONFIG"'


def without_pull_secret(client: Client, name: str, namespace: str) -> tuple[str, str] | None:
    """Why a pod misses its pull secret, and the command that makes it; None where it is there."""
    if client.get("secret", name, namespace) is not None:
        return None
    return missing_pull_secret(client, name, namespace), make_pull_secret(name, namespace)
