"""The manifests of an add-on as objects, in the order they are applied: upstream's and its own, images named."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lab_helpers import programs, shell
from lab_helpers.addons.contract import Addon
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["DEFINITION", "LAST", "render", "with_pull_secret"]

DEFINITION = "CustomResourceDefinition"
LAST = ("APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
"""What reaches into every request of the API server comes when what answers it is there, and goes before that."""

_KUSTOMIZATION = "kustomization.yaml"
_FIRST = (DEFINITION, "Namespace", "Secret")
_WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet", "Job")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # one of the two
    """Takes ``=`` for a string, as Kubernetes does: to YAML 1.1 it is a type of its own, which PyYAML cannot make."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: resolvers for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items() if first != "="
    }


def render(addon: Addon, provider: str, references: Mapping[str, str], upstream: Path | None = None) -> list[Object]:
    """The objects of an add-on for the clusters of a provider, in the order they are applied.

    Args:
        addon: The add-on.
        provider: Who made the cluster.
        references: What each image is called in the cluster, by what the manifests call it.
        upstream: The directory of upstream's own manifests; None where it has none.

    Raises:
        LabError: A manifest cannot be read.
    """
    directory = addon.manifests(provider)
    text = _build(addon, directory, upstream) if (directory / _KUSTOMIZATION).exists() else _join(directory)
    for name, reference in references.items():
        text = re.sub(rf"(?<![\w./-]){re.escape(name)}(:[\w.-]+)?(@sha256:[0-9a-f]+)?(?![\w./@:-])", reference, text)
    objects = _parse(text, directory)
    return sorted(objects, key=_rank)  # which leaves those of one rank in their order


def with_pull_secret(objects: Sequence[Object], secret: str, credentials: str) -> list[Object]:
    """The objects, with what their pods pull from the lab's registry with, in the order they are applied.

    Pods that others make with an account of these objects pull with it too.

    Args:
        objects: What is to be applied; changed.
        secret: What the Secret is called: each add-on has its own, which goes with it.
        credentials: A Docker configuration with the registry's.
    """
    namespaces = set()
    for content in objects:
        template = _pod_template(content)
        if template is not None and "namespace" in content["metadata"]:
            namespaces.add(content["metadata"]["namespace"])
        holder = template["spec"] if template else content if content["kind"] == "ServiceAccount" else {}
        holder.setdefault("imagePullSecrets", []).append({"name": secret})
    return sorted([*(_secret(secret, namespace, credentials) for namespace in sorted(namespaces)), *objects], key=_rank)


def _secret(name: str, namespace: str, credentials: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": credentials},
    }


def _build(addon: Addon, directory: Path, upstream: Path | None) -> str:
    """What ``kubectl kustomize`` makes of a directory beside which upstream's lies."""
    kubectl = programs.resolve(lambda _line: None, "kubectl")["kubectl"]  # found when the cluster was made
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "manifests"
        shutil.copytree(directory.parent, copy)
        if upstream is not None:
            (copy / "upstream").symlink_to(upstream)
        # A kustomization may name single files of upstream's, which lie beside it and not below it.
        anywhere = "--load-restrictor=LoadRestrictionsNone"
        try:
            return shell.run([kubectl, "kustomize", copy / directory.name, anywhere], env={"KUBERC": "off"}).stdout
        except CommandFailed as error:
            raise LabError(
                _("its manifests cannot be built"),
                object=_("add-on {name}").format(name=addon.name),
                last_event=error.output.strip(),
                next_step=f"less {directory / _KUSTOMIZATION}",
            ) from error


def _join(directory: Path) -> str:
    return "\n---\n".join(file.read_text(encoding="utf-8") for file in sorted(directory.glob("*.yaml")))


def _parse(text: str, directory: Path) -> list[Object]:
    try:
        objects: list[Any] = [content for content in yaml.load_all(text, _Loader) if content is not None]
        for content in objects:
            if not (content["apiVersion"] and content["kind"] and content["metadata"]["name"]):
                raise ValueError(_("an object without a name"))
    except (yaml.YAMLError, ValueError, LookupError, TypeError) as error:
        reason = _("is no manifest: {error}").format(error=error)
        raise LabError(reason, object=str(directory), next_step=f"less {directory}/*.yaml") from error
    return objects


def _rank(content: Object) -> int:
    kind = content["kind"]
    if kind in _FIRST:
        return _FIRST.index(kind)
    return len(_FIRST) + (kind in LAST)


def _pod_template(content: Object) -> Object | None:
    if content["kind"] == "CronJob":
        content = content["spec"]["jobTemplate"]
    elif content["kind"] not in _WORKLOADS:
        return None
    template: Object = content["spec"]["template"]
    return template
