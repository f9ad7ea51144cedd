"""What an add-on is: what it is made of, when it is ready, and whose clusters have it anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_helpers import language
from lab_helpers.addons.conditions import Condition

__all__ = ["Addon", "ProgramImage", "Selection"]


@dataclass(frozen=True)
class ProgramImage:
    """An image that the lab makes itself, without a base: static programs, Debian packages, or both.

    Attributes:
        programs: By their names in ``lab_helpers.programs``; each lies in ``/usr/bin``, the first one is run. Where
            there is none, the manifest names the command.
        packages: Debian packages; what they depend on comes with them.
        without: Dependencies that are left out, with what only they depend on.
        pages: The directory of ``lab_helpers.programs`` whose module has web pages of its own (see
            ``lab_helpers.addons.pages``); empty for none.
    """

    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    pages: str = ""


@dataclass(frozen=True)
class Selection:
    """Objects of one kind in one namespace.

    Attributes:
        kind: As a manifest has it.
        namespace: Where they are.
        selector: The labels that they have, as ``kubectl get -l`` takes them.
    """

    kind: str
    namespace: str
    selector: str


@dataclass(frozen=True)
class Addon:
    """What can be installed on a cluster. The package it is defined in is all that there is of it.

    Its manifests lie below ``manifests/``: in ``PROVIDER/`` for the clusters of one provider, else in ``base/``. Where
    there is a ``kustomization.yaml`` they are built as ``kubectl kustomize`` does, with upstream's own manifests in
    ``../upstream``; else all YAML files are taken, by their names. Custom resource definitions are applied first, then
    namespaces, then the rest as it comes. What has to run on every node is a DaemonSet, with ``hostNetwork`` where it
    is the node's network that it works on; what it changes there it takes back itself when it is told to end (see
    ``network_policy``).

    Attributes:
        name: As ``lab.toml`` names it, as in ``metrics-server``.
        summary: What it is for, one sentence in English.
        directory: Where it lies.
        ready: What holds once it works.
        images: What its manifests call an image, without a tag, and how that is made.
        upstream: The directory of ``lab_helpers/programs`` whose pinned module holds upstream's manifests; empty for
            none.
        needs: What must hold of a cluster before it can be installed there.
        provided: Providers whose clusters have it from elsewhere, and what holds once it works there. On a cluster of
            the user's own the lab installs nothing: there it counts where that holds.
        generated: What it makes of itself once it runs and nobody owns, such as keys; it is taken back with the rest.
        restores: Whether it brings back what is deleted: it is removed before a notebook clears its namespaces.
        is_base: Whether no cluster is of use without it: it comes with the cluster, its images are in the nodes from
            the start, and it cannot be removed.
    """

    name: str
    summary: str
    directory: Path
    ready: tuple[Condition, ...]
    images: Mapping[str, ProgramImage] = field(default_factory=dict)
    upstream: str = ""
    needs: tuple[Condition, ...] = ()
    provided: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    generated: tuple[Selection, ...] = ()
    restores: bool = False
    is_base: bool = False

    @property
    def description(self) -> str:
        """What it is for, in the reader's language."""
        return language.gettext(self.summary)

    def manifests(self, provider: str) -> Path:
        """The directory of the manifests for the clusters of a provider."""
        own = self.directory / "manifests" / provider
        return own if own.is_dir() else self.directory / "manifests" / "base"

    def conditions(self, provider: str) -> tuple[Condition, ...]:
        """What holds once it works on the clusters of a provider."""
        return self.provided.get(provider, self.ready)
