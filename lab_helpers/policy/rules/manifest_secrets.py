"""No credential stands in a manifest in plain text; what is found is named, and its value never printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.manifests.environments import Environment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, once, violation
from lab_helpers.policy.manifests.nodes import Items, Map, Origin, mappings, text
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.reading import mapping
from lab_helpers.policy.manifests.settings import decoded, is_credential
from lab_helpers.policy.manifests.values import values_of
from lab_helpers.policy.registry import Violation, rule

# The names of files that hold settings, and no source.
_SETTINGS = re.compile(r"^[^.]*$|\.(?:properties|env|ini|conf|cfg|cnf|config|toml|ya?ml|json)$|^\.?env", re.IGNORECASE)
_NAMES_OF_KEYS = re.compile(r"(?i:secret_?keys|keys?_?(?:map|mapping|names|refs?)|secret_?refs?|existing_?secret\w*)$")
_BY_SOPS = "ENC["  # beside which somebody may have written another value by hand
_TYPES = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg", "kubernetes.io/tls", "kubernetes.io/ssh-auth")


@rule(
    "secret-plain",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A Secret in Git is sealed"),
    why=gettext_noop(
        "base64 is no encryption: whoever reads the repository, or an old clone of it, has the credential."
    ),
    fix=gettext_noop("Seal it (SealedSecret, SOPS, ExternalSecret), and change the credential: Git does not forget."),
)
@once
def plain(stock: Inventory) -> Iterator[Violation]:
    """Secrets whose values are credentials in plain text or base64."""
    for _deployment, manifest in each(stock.deployments):
        if manifest.kind != "Secret":
            continue
        keys = [(key, origin) for key, value, origin in _secret_values(manifest) if _is_secret(manifest, key, value)]
        if keys:
            message = _("holds credentials in plain text: {keys}").format(keys=", ".join(key for key, _o in keys))
            yield violation(manifest, message, keys[0][1])


def _secret_values(manifest: Manifest) -> Iterator[tuple[str, str, Origin]]:
    for field, decode in (("data", decoded), ("stringData", str)):
        values = manifest.content.get(field)
        if isinstance(values, Map):
            for key, value in values.items():
                if isinstance(value, str) and not value.startswith(_BY_SOPS):
                    yield key, decode(value), values.origins[key]


def _is_secret(manifest: Manifest, key: str, value: str) -> bool:
    if text(manifest.content.get("type")) in _TYPES and ('"auth"' in value or '"password"' in value):
        return not any(mark in value for mark in ("$", "<", "{{"))
    return is_credential(key, value) or any(is_credential(name, inner) for name, inner in _settings(value))


@rule(
    "secret-in-configmap",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A ConfigMap holds no credential"),
    why=gettext_noop(
        "Whoever may read the namespace's settings reads it, and so does everybody who can read the repository."
    ),
    fix=gettext_noop("Move it to a sealed Secret, name that with secretRef, and change the credential."),
)
@once
def in_configmap(stock: Inventory) -> Iterator[Violation]:
    """Credentials among the values of ConfigMaps, also inside of files that these hold."""
    for _deployment, manifest in each(stock.deployments):
        values = manifest.content.get("data")
        if manifest.kind != "ConfigMap" or not isinstance(values, Map):
            continue
        for key, value in values.items():
            if not isinstance(value, str):
                continue
            if is_credential(key, value):
                yield violation(manifest, _("{key} is a credential").format(key=key), values.origins[key])
            elif _SETTINGS.search(key):
                for name, inner in _settings(value):
                    if is_credential(name, inner):
                        message = _("{key} holds a credential, {name}").format(key=key, name=name)
                        yield violation(manifest, message, values.origins[key])
                        break


@rule(
    "secret-in-env",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A container gets its credentials from a Secret"),
    why=gettext_noop("It stands in Git, in `kubectl describe pod` and in every backup of the manifests."),
    fix=gettext_noop("Take it with valueFrom.secretKeyRef from a sealed Secret, and change the credential."),
)
@once
def in_environment(stock: Inventory) -> Iterator[Violation]:
    """Credentials written as values of environment variables, or in the arguments of a container."""
    for _deployment, manifest in each(stock.deployments):
        for container in manifest.pods.all_containers if manifest.pods else ():
            for variable in mappings(container.get("env")):
                name = text(variable.get("name"))
                if is_credential(name, text(variable.get("value"))):
                    yield violation(manifest, _("{name} has its value here").format(name=name), variable.at("value"))
            yield from _in_arguments(manifest, container)


def _in_arguments(manifest: Manifest, container: Map) -> Iterator[Violation]:
    for field in ("command", "args"):
        arguments = container.get(field)
        if isinstance(arguments, Items):
            for argument, origin in zip(arguments, arguments.origins, strict=True):
                name, sign, value = text(argument).partition("=")
                if sign and name.startswith("-") and " " not in name and is_credential(name.lstrip("-"), value):
                    yield violation(manifest, _("{name} has its value here").format(name=name), origin)


@rule(
    "secret-in-values",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("Helm's values hold no credential"),
    why=gettext_noop("It stands in Git, and Helm keeps a copy with every release."),
    fix=gettext_noop("Name a sealed Secret with the chart's `existingSecret`, and change the credential."),
)
@once
def in_values(stock: Inventory) -> Iterator[Violation]:
    """Credentials in values files, in HelmReleases and in Applications."""
    for values in values_of(stock):
        if values.environment is not Environment.DEVELOPMENT and "sops" not in values.content:
            for name, origin in _in_tree(values.content):
                yield Violation(*origin, _("{name} is a credential").format(name=name), values.object)


def _in_tree(content: Any, name: str = "") -> Iterator[tuple[str, Origin]]:  # noqa: ANN401
    if isinstance(content, Map):
        variable = text(content.get("name"))
        if variable and is_credential(variable, text(content.get("value"))):
            yield variable, content.at("value")
        for key, value in content.items():
            if isinstance(value, str):
                if is_credential(key, value) and not _is_name_of_key(key, value):
                    yield f"{name}.{key}".lstrip("."), content.origins[key]
            elif not _NAMES_OF_KEYS.search(key):
                yield from _in_tree(value, f"{name}.{key}")
    elif isinstance(content, Items):
        for item in content:
            yield from _in_tree(item, name)


def _is_name_of_key(key: str, value: str) -> bool:
    """Whether values name a Secret or the key of one, as ``secretKey: password`` does, and not what it holds.

    ``token: token`` names itself: it asks to be replaced.
    """
    if value.lower() == key.lower():
        return True
    if key.lower().endswith("key"):
        return value.replace("-", "").replace("_", "").isalpha() and len(value) < 32
    is_name = re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+", value) is not None
    return re.search(r"(?:[sS]ecret|[cC]redentials?)$", key) is not None and is_name


def _settings(content: str) -> Iterator[tuple[str, str]]:
    """The settings of a file that a value holds, where it is YAML, properties or the like."""
    if "\n" not in content.strip():
        return
    document = mapping("", content)
    if document is not None:
        yield from _leaves(document)
        return
    for line in content.split("\n"):
        name, sign, value = line.strip().partition("=")
        if sign and not name.startswith(("#", ";", "//")) and " " not in name.strip():
            yield name.strip(), value.strip().strip("\"'")


def _leaves(content: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    items = content.items() if isinstance(content, Map) else ()
    for key, value in items:
        if isinstance(value, str):
            yield key, value
        yield from _leaves(value)
    if isinstance(content, Items):
        for item in content:
            yield from _leaves(item)
