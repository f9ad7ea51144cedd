"""The Deploy repository of a drill: production with every secret in Git, sealed, so that a clone is enough."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from lab_helpers import checkout, files, shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["ENVIRONMENT", "SECRET", "SECRET_NAMESPACE", "clone", "create", "script"]

ENVIRONMENT = "production"

SECRET, SECRET_NAMESPACE = "drill-secrets", "prj-02"  # the name of one
"""The Secret that is sealed for the drill, and where it belongs."""

_KEY = "NONCE"
_SEALED = Path("_shared/secrets/sealed", ENVIRONMENT)
_OVERLAY = Path("k8s/overlays", ENVIRONMENT, "kustomization.yaml")
_FROM_FILES, _FROM_GIT = "  - secrets\n", f"  - ../../../{_SEALED}\n"
_IDENTITY = ("-c", "user.name=Kubernetes lab", "-c", "user.email=lab@example.com", "-c", "commit.gpgSign=false")
_SECONDS = 120.0


def script(repository: Path, name: str) -> Path:
    """One of the repository's scripts."""
    return repository / "_shared/scripts" / name


def create(repository: Path, nonce: str, environment: Mapping[str, str]) -> None:
    """Make the repository as the template's, with values of its own, sealed for the cluster and committed.

    Args:
        repository: Where; nothing is there yet. It ends as a repository without a working tree.
        nonce: What is sealed for the drill itself.
        environment: Where the scripts find their programs and the cluster, whose controller for sealed secrets runs.

    Raises:
        LabError: A script failed, or the template is not what this knows.
    """
    with files.workplace(repository.with_name(f"{repository.name}.work")) as work:
        tree = work / "infra"
        shutil.copytree(checkout.infra_directory(), tree, ignore=shutil.ignore_patterns("*.env", ".git"))
        shell.run([script(tree, "env/setup_env_secure.sh"), ENVIRONMENT], env=environment, timeout=_SECONDS)
        _seal_nonce(tree, nonce, environment)
        shell.run([script(tree, "env/seal_env.sh"), ENVIRONMENT], env=environment, timeout=_SECONDS)
        _take_sealed(tree / _OVERLAY)
        shell.run(["git", "init", "--quiet", "--initial-branch=main", tree])
        shell.run(["git", "-C", tree, "add", "--all"])
        shell.run(["git", "-C", tree, *_IDENTITY, "commit", "--quiet", "--message=Seal the secrets of production"])
        shell.run(["git", "clone", "--quiet", "--bare", tree, repository])


def clone(repository: Path, tree: Path) -> None:
    """Clone the repository: what is in no commit does not come along."""
    if tree.exists():
        shutil.rmtree(tree)
    shell.run(["git", "clone", "--quiet", repository, tree])


def _seal_nonce(tree: Path, nonce: str, environment: Mapping[str, str]) -> None:
    secret = (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {SECRET}\n  namespace: {SECRET_NAMESPACE}\n"
        f"  labels:\n    app.kubernetes.io/part-of: kubernetes-lab\nstringData:\n  {_KEY}: {nonce}\n"
    )
    sealed = shell.run(["env", "kubeseal", "--format=yaml"], env=environment, input=secret, timeout=_SECONDS).stdout
    files.write(tree / _SEALED / f"{SECRET}.yaml", sealed)


def _take_sealed(overlay: Path) -> None:
    text = overlay.read_text(encoding="utf-8")
    if text.count(_FROM_FILES) != 1:
        raise LabError(_("does not take its secrets from files"), object=str(overlay), next_step=f"cat {overlay}")
    files.write(overlay, text.replace(_FROM_FILES, _FROM_GIT))
