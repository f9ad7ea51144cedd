"""Compose files: which they are, and whether one is for local development or runs an application on a server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from lab_helpers.language import gettext as _
from lab_helpers.policy import contexts
from lab_helpers.policy.files import File

__all__ = ["is_compose", "is_local_compose", "secret_files", "use_on_server"]

_NAME = re.compile(r"(?:^|[-_.])(?:compose|stack|swarm)(?:[-_.][\w.-]*)?\.ya?ml$", re.IGNORECASE)
_SERVICES = re.compile(r"^services:\s*(?:#.*)?$", re.MULTILINE)
_IMAGE_OR_BUILD = re.compile(r"^[ \t]+(?:image|build|extends):", re.MULTILINE)
_OF_SERVER = re.compile(r"(?:^|[-_./])(?:prod|production|staging|stage|stack|swarm|deploy|live|server)(?:[-_.]|$)")
_NO_SERVER = re.compile(
    r"(?:^|[-_.])(?:override|overrides|ci|cicd|debug|build|lint|base|common|watch|hot|tools?)(?:[-_.]|$)"
)
_CERTIFICATES = re.compile(r"letsencrypt|certbot|acme\.json|/etc/ssl/|/certs?/|\.pem\b|\.crt\b|certresolver|fullchain")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
# What an application is developed against, run by everybody on their own machine.
_BACKING = re.compile(
    r"""(?:^|/)(?:postgres|postgis|timescaledb|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|kafka|zookeeper|nats
    |elasticsearch|opensearch|kibana|minio|mailhog|mailpit|mailcatcher|maildev|adminer|pgadmin4?|phpmyadmin|localstack
    |dynamodb-local|azurite|keycloak|vault|consul|etcd|cassandra|influxdb|prometheus|grafana|jaeger|all-in-one|zipkin
    |selenium|sonarqube|wiremock|mongo-express|redis-commander|redisinsight|mssql|server|neo4j|clickhouse\S*|qdrant
    |otel\S*|opentelemetry-collector\S*|loki|tempo|cp-\S+|kafka-ui|smtp4dev|fake-gcs-server)(?:[:@-]|$)""",
    re.VERBOSE,
)
_PUBLIC_PORT = re.compile(r"""^(?:0\.0\.0\.0:|\[::\]:)?(?:80|443):\d+""")
_TREE = re.compile(
    r"^(?:\.{1,2}/?|\$\{?PWD\}?/?)(?::|$)|^\.{1,2}/(?:src|app|code|backend|frontend|server|api|web|lib|packages?|services?)(?:/|:|$)"
)


def is_compose(file: File) -> bool:
    """Whether a file describes services for Docker Compose or Swarm."""
    if file.suffix not in (".yml", ".yaml") or not _SERVICES.search(file.text):
        return False
    return _NAME.search(file.name) is not None or (
        _IMAGE_OR_BUILD.search(file.text) is not None and "apiVersion" not in file.text
    )


def is_local_compose(file: File) -> bool:
    """Whether a file describes services for a developer's own machine, or for tests."""
    return is_compose(file) and use_on_server(file) is None


def use_on_server(file: File) -> str | None:
    """What shows that a compose file runs something on a server, in the reader's language; None where nothing does."""
    name = file.path.lower()
    if (
        contexts.is_test(file)
        or contexts.is_local(file)
        or contexts.is_ci(file)
        or _NO_SERVER.search(file.name.lower())
    ):
        return None
    if _OF_SERVER.search(file.name.lower()):
        return _("its name says so")
    services = _services(file)
    if any("build" in service or _binds_tree(service) for service in services) or not services:
        return None
    if _is_of_swarm(file, services):
        return _("it is a stack for Swarm")
    if _CERTIFICATES.search(_COMMENT.sub("", file.text)) and any(_published(service) for service in services):
        return _("it serves with certificates")
    if _OF_SERVER.search(name.rpartition("/")[0] + "."):
        return _("its directory says so")
    if any(_restarts(service) and _is_published_application(service) for service in services):
        return _("it restarts by itself and publishes ports")
    return None


def secret_files(file: File) -> Iterator[str]:
    """The names of the files that a compose file takes its secrets from."""
    content = _content(file.text).get("secrets")
    if isinstance(content, Mapping):
        for secret in content.values():
            if isinstance(secret, Mapping) and isinstance(secret.get("file"), str):
                yield secret["file"].rpartition("/")[2]


@cache
def _content(text: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):  # a template, or another program's YAML
        return {}
    return content if isinstance(content, Mapping) else {}


def _services(file: File) -> list[Mapping[str, Any]]:
    services = _content(file.text).get("services")
    return (
        [service for service in services.values() if isinstance(service, Mapping)]
        if isinstance(services, Mapping)
        else []
    )


def _binds_tree(service: Mapping[str, Any]) -> bool:
    volumes = service.get("volumes") or ()
    sources = (volume.get("source") if isinstance(volume, Mapping) else volume for volume in volumes)
    return any(isinstance(source, str) and _TREE.search(source) for source in sources)


def _is_of_swarm(file: File, services: list[Mapping[str, Any]]) -> bool:
    deploys = [deploy for service in services if isinstance(deploy := service.get("deploy"), Mapping)]
    keys = {key for deploy in deploys for key in deploy}
    is_placed = not keys.isdisjoint(("placement", "update_config", "rollback_config", "endpoint_mode"))
    return is_placed or re.search(r"driver:\s*overlay", file.text) is not None


def _restarts(service: Mapping[str, Any]) -> bool:
    return service.get("restart") in ("always", "unless-stopped")


def _published(service: Mapping[str, Any]) -> list[str]:
    ports = service.get("ports") or ()
    return [
        f"{port.get('published')}:{port.get('target')}" if isinstance(port, Mapping) else str(port) for port in ports
    ]


def _is_published_application(service: Mapping[str, Any]) -> bool:
    image, ports = str(service.get("image", "")), _published(service)
    if any(port.startswith(("127.0.0.1:", "localhost:")) for port in ports):
        return False
    return any(map(_PUBLIC_PORT.match, ports)) or (bool(ports) and not _BACKING.search(image))
