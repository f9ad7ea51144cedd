"""The registry's HTTP API: check that it is up, list tags, resolve digests, push images."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.images.layout import Image, ImageLayout
from lab_helpers.images.registry.connection import (
    MANIFEST_TYPES,
    TIMEOUT_SECONDS,
    Connection,
    connected,
    expect,
    object_name,
    with_retries,
)
from lab_helpers.images.registry.identity import Registry
from lab_helpers.language import gettext as _

__all__ = ["delete", "describe", "digest", "is_up", "push", "sign_in", "tags", "wait_up"]


def is_up(registry: Registry) -> bool:
    """True if the registry serves under its name with a certificate of its CA, and requires credentials.

    Raises:
        LabError: It does not.
    """
    with connected(registry) as connection:
        status = connection.send_request("GET", "/v2/", authorize=False).status
    if status != HTTPStatus.UNAUTHORIZED:
        raise LabError(_("answered {status} to a stranger").format(status=status), object=registry.endpoint)
    return True


def wait_up(registry: Registry, seconds: float) -> None:
    """Wait until the registry is up.

    Raises:
        WaitTimeout: It was not in time; the last event is its last error.
    """
    wait.until(lambda: is_up(registry), seconds=seconds, outcome="answer", object=object_name(registry.endpoint))


def sign_in(registry: Registry) -> None:
    """Make sure that the registry accepts the credentials, and rejects requests without any.

    Raises:
        LabError: It is unreachable, rejects the credentials, or allows anonymous access.
    """
    with connected(registry) as connection:
        if connection.send_request("GET", "/v2/", authorize=False).status == HTTPStatus.OK:
            reason = _("lets strangers in, so that no pull secret can be proven with it")
            raise LabError(reason, object=object_name(registry.host), next_step="--registry OTHER-HOST/PREFIX")
        expect(connection.send_request("GET", "/v2/"), HTTPStatus.OK, object_name(registry.host))


def tags(registry: Registry, repository: str) -> tuple[str, ...]:
    """The tags of a repository, sorted; empty if the repository does not exist.

    Args:
        registry: The registry.
        repository: As in ``org/app``.

    Raises:
        LabError: The registry is unreachable or rejects the credentials.
    """
    response = with_retries(
        registry, lambda connection: connection.send_request("GET", f"/v2/{registry.path(repository)}/tags/list")
    )
    if response.status == HTTPStatus.NOT_FOUND:
        return ()
    expect(response, HTTPStatus.OK, f"{registry.root}/{repository}")
    return tuple(sorted(json.loads(response.body)["tags"] or ()))


def digest(registry: Registry, repository: str, tag: str) -> str:
    """The digest of a tag's manifest, as in ``sha256:4bc…``.

    Raises:
        LabError: There is no such tag, or the registry is unreachable or rejects the credentials.
    """
    reference = f"{registry.root}/{repository}:{tag}"
    manifest_digest = with_retries(registry, lambda connection: connection.digest(registry.path(repository), tag) or "")
    if not manifest_digest:
        raise LabError(_("no such tag was pushed"), object=reference, next_step=_("push it, or name one that was"))
    return manifest_digest


def describe(registry: Registry, repository: str, reference: str) -> dict[str, Any]:
    """The configuration of an image, as the image specification has it.

    Args:
        registry: The registry.
        repository: As in ``org/app``.
        reference: Its tag, or its digest.

    Raises:
        LabError: There is no such image, or the registry is unreachable or rejects the credentials.
    """

    def read(connection: Connection) -> list[dict[str, Any]]:
        name, path = f"{registry.root}/{repository}:{reference}", registry.path(repository)
        response = connection.send_request(
            "GET", f"/v2/{path}/manifests/{reference}", headers={"Accept": MANIFEST_TYPES}
        )
        expect(response, HTTPStatus.OK, name)
        blob = json.loads(response.body)["config"]["digest"]
        response = connection.send_request("GET", f"/v2/{path}/blobs/{blob}")
        expect(response, HTTPStatus.OK, name)
        return [json.loads(response.body)]

    [configuration] = with_retries(registry, read)
    return configuration


def delete(registry: Registry, repository: str, tag: str) -> None:
    """Delete the image that a tag names, where there is one, under all its tags.

    Raises:
        LabError: The registry is unreachable, or refuses it.
    """
    path = registry.path(repository)

    def remove(connection: Connection) -> bool:
        manifest_digest = connection.digest(path, tag)
        if manifest_digest is not None:
            response = connection.send_request("DELETE", f"/v2/{path}/manifests/{manifest_digest}")
            expect(response, HTTPStatus.ACCEPTED, f"{registry.root}/{repository}:{tag}")
        return True

    with_retries(registry, remove)


def push(layout: ImageLayout, image: Image, registry: Registry, repository: str, tag: str) -> str:
    """Push an image, skipping the blobs that the registry has, and return its digest.

    Raises:
        LabError: The registry is unreachable, or rejects the credentials or the image.
    """
    repository = registry.path(repository)

    def upload(connection: Connection) -> str:
        # Longer than for other requests: a registry responds once it has stored a whole layer.
        connection.timeout = TIMEOUT_SECONDS
        if connection.digest(repository, tag) != image.manifest.digest:
            for blob in image.parts:
                connection.upload(repository, blob, layout.path(blob))
            body = layout.path(image.manifest).read_bytes()
            headers = {"Content-Type": image.manifest.media_type}
            response = connection.send_request("PUT", f"/v2/{repository}/manifests/{tag}", body=body, headers=headers)
            expect(response, HTTPStatus.CREATED, f"{registry.host}/{repository}:{tag}")
        return image.manifest.digest

    return with_retries(registry, upload)
