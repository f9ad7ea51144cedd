"""A registry as its clients know it: its name in references, its address, its CA and credentials."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from lab_helpers import files
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["HOST", "Registry"]

HOST = "ghcr.io"

_PUBLIC = re.compile(rf"(?<![\w./:-]){re.escape(HOST)}/")


@dataclass(frozen=True)
class Registry:
    """A registry whose name in image references may differ from its address.

    The password is not stored in this object, so that no log, error or notebook output can show it.

    Attributes:
        host: The host in image references, with a port if they have one.
        address: The IP address or host name it listens on.
        port: Its TCP port.
        ca_certificate: The CA certificate of its server certificate.
        username: The user that pushes, and also pulls unless ``pull_username`` is set.
        password_file: The file with that user's password, one line, readable by its owner only.
        prefix: The prefix of every repository; may be empty.
        pull_username: The user that pulls, whose credentials clusters get; empty for ``username``.
        pull_password_file: The file with that user's password.
    """

    host: str
    address: str
    port: int
    ca_certificate: Path
    username: str
    password_file: Path
    prefix: str = ""
    pull_username: str = ""
    pull_password_file: Path | None = None

    @property
    def puller(self) -> Registry:
        """The same registry with the pull credentials, which are the only ones that clusters get."""
        if self.pull_password_file is None:
            return self
        return replace(
            self,
            username=self.pull_username,
            password_file=self.pull_password_file,
            pull_username="",
            pull_password_file=None,
        )

    @property
    def passwords(self) -> frozenset[str]:
        """All passwords, read from their files."""
        return frozenset((self.password, self.puller.password))

    @property
    def hostname(self) -> str:
        """The DNS name in its certificate."""
        return self.host.partition(":")[0]

    @property
    def endpoint(self) -> str:
        """Address and port, as in ``10.99.0.2:443``."""
        return f"{self.address}:{self.port}"

    @property
    def password(self) -> str:
        """The password, read from its file."""
        return self.password_file.read_text().strip()

    @property
    def authorization(self) -> str:
        """The value of the ``Authorization`` header."""
        return f"Basic {self._credentials()}"

    @property
    def root(self) -> str:
        """The prefix of its image references, as in ``ghcr.io`` or ``registry.example.com:5000/team``."""
        return f"{self.host}/{self.prefix}" if self.prefix else self.host

    def path(self, repository: str) -> str:
        """The path of a repository in the registry's API."""
        return f"{self.prefix}/{repository}" if self.prefix else repository

    def localize(self, text: str) -> str:
        """Replace ghcr.io in a text's image references by this registry."""
        return _PUBLIC.sub(f"{self.root}/", text)

    def locate(self, reference: str) -> tuple[str, str]:
        """The repository and the tag of an image reference that names this registry.

        Raises:
            LabError: It names another registry, or no tag.
        """
        root, rest = f"{self.root}/", reference.removeprefix(f"{self.root}/")
        repository, _colon, tag = rest.partition(":")
        if not reference.startswith(root) or not repository or not tag:
            raise LabError(_("does not name an image here"), object=reference, next_step=f"{root}org/app:v1.2.3")
        return repository, tag

    def docker_config(self, path: Path, *, pushes: bool = False, endpoint: str = "") -> Path:
        """Write a private Docker configuration that authenticates under the name and under the address.

        Build tools take it as ``--authfile``; ``kubectl create secret generic --type
        kubernetes.io/dockerconfigjson --from-file .dockerconfigjson=PATH`` makes a pull secret of it.

        Args:
            path: The file.
            pushes: Whether it authenticates whoever pushes, and not only whoever pulls.
            endpoint: Another address and port under which it does so.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        configuration = self._docker_configuration(self if pushes else self.puller, endpoint or self.endpoint)
        return files.write(path, configuration, private=True)

    def docker_credentials(self) -> str:
        """The content of a Docker configuration that authenticates pulls; it holds the password."""
        return self._docker_configuration(self.puller, self.endpoint)

    def _docker_configuration(self, user: Registry, endpoint: str) -> str:
        entry = {"auth": user._credentials()}
        return json.dumps({"auths": {self.host: entry, self.endpoint: entry, endpoint: entry}})

    def _credentials(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
