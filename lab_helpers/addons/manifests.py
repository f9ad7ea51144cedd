"""The objects that the manifests of an add-on hold: read from its files, or built by kubectl once and kept."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from lab_helpers import cache, paths, programs, shell
from lab_helpers.addons.contract import Addon
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.files import content_key, once, write
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["build", "objects"]

_KUSTOMIZATION = "kustomization.yaml"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # one of the two
    """Takes ``=`` for a string, as Kubernetes does: to YAML 1.1 it is a type of its own, which PyYAML cannot make."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: resolvers for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items() if first != "="
    }


def objects(addon: Addon, provider: str, upstream: Path | None) -> list[Object]:
    """The objects of an add-on for the clusters of a provider, in the order of its manifests.

    Args:
        addon: The add-on.
        provider: Who made the cluster.
        upstream: The directory of upstream's own manifests; None where it has none.

    Raises:
        LabError: A manifest cannot be read, or the kustomization does not build.
    """
    directory = addon.manifests(provider)
    if (directory / _KUSTOMIZATION).exists():
        built: list[Object] = json.loads(_kustomized(addon, directory, upstream).read_text(encoding="utf-8"))
        return built
    return _parse(
        "\n---\n".join(file.read_text(encoding="utf-8") for file in sorted(directory.glob("*.yaml"))), directory
    )


def build(addon: Addon, upstream: Path | None) -> None:
    """Build the kustomizations of an add-on, those for every provider, where the cache lacks them.

    Raises:
        LabError: One does not build.
    """
    for directory in sorted((addon.directory / "manifests").iterdir()):
        if (directory / _KUSTOMIZATION).exists():
            _kustomized(addon, directory, upstream)


def _kustomized(addon: Addon, directory: Path, upstream: Path | None) -> Path:
    """A file of the cache with what a kustomization makes, as JSON: large bundles take kubectl and YAML seconds."""
    kubectl = programs.resolve(lambda _line: None, "kubectl")["kubectl"]  # found when the cluster was made
    files = [file for file in sorted(directory.parent.rglob("*")) if file.is_file()]
    names = [file.relative_to(directory.parent).as_posix() for file in files]
    made_by = [cache.name(path) for path in (upstream, kubectl) if path is not None]
    key = content_key(Path(__file__), directory.name, *names, *files, *made_by)

    def make(part: Path) -> None:
        write(part, json.dumps(_parse(_kustomize(addon, directory, upstream, kubectl), directory)))

    return once(paths.cache_directory() / "manifests" / f"addon-{addon.name}-{directory.name}-{key}.json", make)


def _kustomize(addon: Addon, directory: Path, upstream: Path | None, kubectl: Path) -> str:
    """What ``kubectl kustomize`` makes of a directory beside which upstream's lies."""
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


def _parse(text: str, directory: Path) -> list[Object]:
    try:
        contents: list[Any] = [content for content in yaml.load_all(text, _Loader) if content is not None]
        for content in contents:
            if not (content["apiVersion"] and content["kind"] and content["metadata"]["name"]):
                raise ValueError(_("an object without a name"))
    except (yaml.YAMLError, ValueError, LookupError, TypeError) as error:
        reason = _("is no manifest: {error}").format(error=error)
        raise LabError(reason, object=str(directory), next_step=f"less {directory}/*.yaml") from error
    return contents
