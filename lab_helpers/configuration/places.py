"""Where the configuration of an application lies: in a workspace, in a checkout, in a Deploy repository alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Places", "find"]

_SCHEMA = ".env.example"


@dataclass(frozen=True)
class Places:
    """Where to look.

    Attributes:
        app: The application, as its namespace and its workload are called.
        environment: The environment.
        deploy: The Deploy repository.
        schema: The application's ``.env.example``.
    """

    app: str
    environment: str
    deploy: Path
    schema: Path

    @property
    def overlay(self) -> Path:
        """The overlay of the environment."""
        return self.deploy / "k8s" / "overlays" / self.environment

    @property
    def references(self) -> Path:
        """The keys of Secrets whose values are made where they are deployed."""
        return self.deploy / "k8s" / "base" / "secrets"

    @property
    def chart(self) -> Path:
        """The application's chart; it need not have one."""
        return self.deploy / "helm" / "apps" / self.app


def find(app: str, environment: str, deploy: Path | None = None) -> Places:
    """Find where the configuration of an application lies.

    Args:
        app: The application: as its directory or its Kubernetes objects are called, ``web_api`` or ``web-api``.
        environment: The environment.
        deploy: The Deploy repository, or a directory that has it as ``infra``; by default the one that the working
            directory lies in or beside, else the checkout's.

    Raises:
        LabError: There is no Deploy repository, no such environment in it, or no schema of the application.
    """
    repository = _repository(deploy)
    overlays = repository / "k8s" / "overlays"
    known = sorted(path.parent.name for path in overlays.glob("*/kustomization.yaml"))
    if environment not in known:
        reason = _("is no environment of {repository}; there are {known}")
        reason = reason.format(repository=repository, known=", ".join(known) or _("none"))
        raise LabError(reason, object=repr(environment), next_step=f"ls {overlays}")
    name = app.replace("_", "-")
    return Places(name, environment, repository, _schema(name, repository))


def _repository(directory: Path | None) -> Path:
    candidates = [directory] if directory else [Path.cwd(), *Path.cwd().parents, checkout.source_directory()]
    for candidate in candidates:
        for place in (candidate / "infra", candidate):
            if (place / "k8s" / "overlays").is_dir():
                return place.resolve()
    reason = _("holds no Deploy repository: it has no k8s/overlays")
    raise LabError(reason, object=str(directory or Path.cwd()), next_step="lab config show --help")


def _schema(app: str, repository: Path) -> Path:
    directory = app.replace("-", "_")
    beside = repository.resolve().parent / "app" / directory / _SCHEMA
    own = checkout.source_directory() / "app" / directory / _SCHEMA
    for file in (beside, own):
        if file.is_file():
            return file
    known = sorted(file.parent.name.replace("_", "-") for file in own.parents[1].glob(f"*/{_SCHEMA}"))
    reason = _("has no {schema}; there are {known}").format(schema=_SCHEMA, known=", ".join(known) or _("none"))
    raise LabError(reason, object=repr(app), next_step=f"ls {beside.parent.parent}")
