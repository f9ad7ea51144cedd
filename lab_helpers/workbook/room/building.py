"""What ``scripts/ci.sh`` of an App repository needs on a lab: programs, its environment, and the files this names."""

from __future__ import annotations

import json
import shlex
import shutil
from ipaddress import ip_address
from pathlib import Path

from lab_helpers import files, shell
from lab_helpers.cluster.base import Capability, Cluster, Report
from lab_helpers.images import base_image, stand_ins
from lab_helpers.images.builders.base import Builder
from lab_helpers.images.builders.choose import choose_builder
from lab_helpers.images.registry import LOOPBACK, Registry
from lab_helpers.workbook.room import node, shell_programs

__all__ = ["capabilities", "prepare", "variables"]

_DIRECTORY = "building"
_ENVIRONMENT = "environment.json"
_PROGRAM = """\
#!/bin/sh
export BUILDAH_ISOLATION=chroot
exec {command} "$@"
"""


def prepare(cluster: Cluster, report: Report) -> None:
    """Make a lab's shells ready to test applications, build images and push them to its registry; quick where they are.

    Without a registry of public images there are stand-ins for the base images of the template's applications.

    Args:
        cluster: The lab's.
        report: Called with each progress line.

    Raises:
        NoBuilder: Nothing here builds images; tests run nevertheless.
        LabError: A base image cannot be made, or a package cannot be fetched.
    """
    directory = cluster.directory / _DIRECTORY
    environment = node.prepare(shell_programs.directory(cluster), directory)
    try:
        environment |= _builder(cluster, directory, report)
    finally:
        files.write(directory / _ENVIRONMENT, json.dumps(environment))


def variables(cluster: Cluster) -> dict[str, str]:
    """The environment variables of a lab that was made ready; none of another."""
    file = cluster.directory / _DIRECTORY / _ENVIRONMENT
    environment: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return environment


def capabilities(cluster: Cluster) -> frozenset[Capability]:
    """What a lab can do beyond what its cluster can, where it was made ready: build images, and keep their tags."""
    if "BUILDER" not in variables(cluster):
        return frozenset()
    return frozenset({Capability.BUILDS, *([Capability.FIXED_TAGS] if _is_labs(cluster.registry) else [])})


def _builder(cluster: Cluster, directory: Path, report: Report) -> dict[str, str]:
    builder = choose_builder()
    environment = {"BUILDER": builder.program, **_registry(cluster.registry, builder, directory)}
    if not base_image.public_registry_reachable():
        stand_ins.make(builder, report)
        environment["BASE_REGISTRY"] = stand_ins.REGISTRY
    if builder.command != [builder.program]:
        _write_program(shell_programs.directory(cluster) / builder.program, builder)
    return environment


def _registry(registry: Registry, builder: Builder, directory: Path) -> dict[str, str]:
    is_labs = _is_labs(registry)
    endpoint = _endpoint(registry, builder) if is_labs else registry.endpoint
    # Whoever pushes to the lab's own does not move tags there, as the lab may. They pull as the same user.
    config = registry.docker_config(directory / "config.json", pushes=not is_labs, endpoint=endpoint)
    certificates = directory / "certificates"
    certificates.mkdir(exist_ok=True)
    shutil.copy(registry.ca_certificate, certificates / "ca.crt")
    return {
        "REGISTRY": endpoint if is_labs else registry.root,
        "REGISTRY_AUTH_FILE": str(config),
        "REGISTRY_CERT_DIR": str(certificates),
    }


def _is_labs(registry: Registry) -> bool:
    return registry.address != registry.hostname


def _endpoint(registry: Registry, builder: Builder) -> str:
    """Where a builder reaches the lab's registry: Docker's daemon trusts on loopback what it trusts nowhere else."""
    if builder.program == "docker" and not ip_address(registry.address).is_loopback:
        return f"{LOOPBACK}:{registry.port}"
    return registry.endpoint


def _write_program(path: Path, builder: Builder) -> None:
    """Write a program by which a shell works with the images of the lab's builder, as the lab does."""
    if path.exists():  # and is on PATH, where it would find itself
        return
    program = shell.find(builder.program)
    command = shlex.join([str(program) if word == builder.program else word for word in builder.command])
    files.write(path, _PROGRAM.format(command=command))
    path.chmod(0o755)
