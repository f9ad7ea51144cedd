"""What the architecture demands of the name of an image (1.2), in the words that every judge of it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from lab_helpers import language
from lab_helpers.language import gettext_noop
from lab_helpers.policy.words import words

__all__ = ["IMMUTABLE", "Flaw", "Image", "explain", "flaw", "is_third_party"]

IMMUTABLE = re.compile(
    r"@sha256:[0-9a-f]{64}$|"
    r":(v?(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}(-[0-9A-Za-z.-]+)?|sha-[0-9a-f]{7,64})$"
)
"""How a name ends that is fixed: by a digest, a semantic version or a commit. The template's cluster refuses all else,
by the same expression in its policy ``immutable-image-tags``."""


@dataclass(frozen=True)
class Image:
    """The name of an image, taken apart.

    Attributes:
        repository: With the registry, as in ``ghcr.io/org/web``.
        tag: Empty where there is none.
        digest: As in ``sha256:…``; empty where there is none.
    """

    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, name: str) -> Image:
        """Take the name of an image apart."""
        name, _at, digest = name.strip().partition("@")
        repository, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            repository, tag = name, ""
        return cls(repository, tag, digest)

    @property
    def host(self) -> str:
        """The registry; empty for Docker Hub."""
        first, slash, _rest = self.repository.partition("/")
        return first if slash and (re.search(r"[.:]", first) or first == "localhost") else ""

    @property
    def organisation(self) -> str:
        """Who publishes it in its registry; empty for what Docker itself does."""
        path = self.repository.removeprefix(f"{self.host}/") if self.host else self.repository
        return path.rpartition("/")[0].partition("/")[0]


class Flaw(StrEnum):
    """What is wrong with the tag of an image that is deployed."""

    LATEST = "latest"
    UNTAGGED = "untagged"
    MOVING = "moving"
    UNVERSIONED = "unversioned"
    """Whether it moves nobody can tell, and a cluster with the template's policy refuses it."""


# A tag of nothing but these words says which of several images is meant today, not which image it is.
_MOVING = words(
    """main master trunk head develop dev development edge nightly daily weekly snapshot canary unstable rolling
    current release prod production staging stage stable test testing next lts beta alpha rc preview branch
    experimental"""
)
_VARIANTS = words("alpine slim bullseye bookworm buster jammy noble debian ubuntu amd64 arm64 fpm apache cli full")
_MAJOR_ONLY = re.compile(r"v\d{1,3}")


def flaw(name: str, *, is_refused: bool = False) -> Flaw | None:
    """What is wrong with the name of an image that is deployed to staging or production; None where nothing is.

    Args:
        name: As a manifest has it, completed by overlays and values.
        is_refused: Whether the cluster that it is deployed to takes none but immutable names.
    """
    if is_refused:
        return None if IMMUTABLE.search(name) else _likely_flaw(name) or Flaw.UNVERSIONED
    return _likely_flaw(name)


def _likely_flaw(name: str) -> Flaw | None:
    image = Image.parse(name)
    if image.digest:
        return None
    if not image.tag:
        return Flaw.UNTAGGED
    parts = [word for word in re.split(r"[-_.]", image.tag.lower()) if word]
    if "latest" in parts and not any(any(map(str.isdigit, word)) for word in parts):
        return Flaw.LATEST
    if parts and parts[0] in _MOVING and all(word in _MOVING | _VARIANTS for word in parts):
        return Flaw.MOVING
    # A publisher's own images may be numbered v1, v2 for good; a team's registry is where such a tag moves.
    is_own = image.host not in ("", "docker.io", "gcr.io") and not is_third_party(name)
    return Flaw.MOVING if _MAJOR_ONLY.fullmatch(image.tag) and is_own else None


def explain(fault: Flaw, name: str) -> str:
    """A flaw in words, for a learner, a finding or an admission policy.

    Args:
        fault: The flaw.
        name: The image's name.
    """
    return language.gettext(_WORDS[fault]).format(image=name)


_WORDS = {
    Flaw.LATEST: gettext_noop("{image}: latest is whatever was pushed last"),
    Flaw.UNTAGGED: gettext_noop("{image} has no tag, and is pulled as latest"),
    Flaw.MOVING: gettext_noop("{image}: the tag moves from image to image, a version or sha-… does not"),
    Flaw.UNVERSIONED: gettext_noop("{image}: neither vX.Y.Z nor sha-… nor a digest, which the cluster refuses"),
}

_THIRD_PARTY_HOSTS = words(
    """registry.k8s.io k8s.gcr.io quay.io mcr.microsoft.com public.ecr.aws docker.elastic.co nvcr.io
    registry.access.redhat.com registry.redhat.io registry.opensource.zalan.do lscr.io cr.fluentbit.io cgr.dev
    xpkg.upbound.io us-docker.pkg.dev codeberg.org docker.redpanda.com container-registry.oracle.com cr.l5d.io
    oci.external-secrets.io"""
)
_THIRD_PARTY_ORGANISATIONS = words(
    """library aquasec argoproj authelia bitnami bitnamilegacy bitnamisecure blackducksoftware buoyantio calico cilium
    clickhouse cloudflare cloudnative-pg codecentric confluentinc coredns dexidp distroless dpage drone elastic
    envoyproxy external-secrets fluent fluxcd getsentry gitea goharbor giantswarm
    google-containers google-samples google_containers google_samples
    googlecontainertools gotenberg grafana hashicorp haproxytech home-assistant homeassistant influxdata
    ingress-nginx istio jaegertracing jenkins jetstack jupyter k8s-at-home keycloak kiwigrid kong kubernetes
    kubernetes-sigs kubernetesui kyverno linkerd linuxserver longhornio mariadb metallb minio mongodb mysql nats
    nextcloud nginx nginxinc node-red oauth2-proxy open-telemetry openpolicyagent openzipkin otel percona portainer
    postgis postgres prom prometheus prometheus-operator prometheuscommunity rabbitmqoperator rancher redis
    redislabs rook seldonio selenium sonatype spiffe stakater strimzi tailscale temporalio thanosio timescale
    traefik vaultwarden velero victoriametrics weaveworks wiremock yandex zalando zalan.do"""
)


def is_third_party(name: str) -> bool:
    """Whether an image is known to be somebody else's: its start is theirs to say, its versions are theirs to move."""
    image = Image.parse(name)
    if not image.host and not image.organisation:
        return True
    return image.host in _THIRD_PARTY_HOSTS or image.organisation.lower() in _THIRD_PARTY_ORGANISATIONS
