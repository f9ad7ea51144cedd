"""The registry that stands for ghcr.io: what it is called, how it is served, how it is asked."""

from lab_helpers.images.registry.api import digest, push, tags, wait_up
from lab_helpers.images.registry.identity import HOST, Registry
from lab_helpers.images.registry.server import command, load, prepare, program

__all__ = ["HOST", "Registry", "command", "digest", "load", "prepare", "program", "push", "tags", "wait_up"]
