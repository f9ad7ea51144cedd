"""The registry that stands for ghcr.io: identity, server and HTTP API."""

from lab_helpers.images.registry.api import delete, describe, digest, is_up, push, sign_in, tags, wait_up
from lab_helpers.images.registry.identity import HOST, Registry
from lab_helpers.images.registry.own import own
from lab_helpers.images.registry.server import FRONT, LOOPBACK, command, fetch, load, prepare, save

__all__ = [
    "FRONT",
    "HOST",
    "LOOPBACK",
    "Registry",
    "command",
    "delete",
    "describe",
    "digest",
    "fetch",
    "is_up",
    "load",
    "own",
    "prepare",
    "push",
    "save",
    "sign_in",
    "tags",
    "wait_up",
]
