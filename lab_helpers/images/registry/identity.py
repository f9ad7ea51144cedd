"""A registry as its clients know it: the name in references, the address behind it, what to trust."""

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
    """A registry that image references call by one name and packets reach at another address.

    The password is nowhere in this object, so that no log, error or notebook output can show it.

    Attributes:
        host: The name in image references; with a port where they name one.
        address: Where it listens: an IP address, or a name to resolve.
        port: Its TCP port.
        ca_certificate: The certificate of the authority that signed its own.
        username: Who pushes, and pulls where nobody else is named for that.
        password_file: The password, one line, readable by its owner only.
        prefix: What stands before every repository's name there; empty for nothing.
        pull_username: Who pulls, with the credentials that clusters are given; empty where that is who pushes.
        pull_password_file: The password to it, as the other one.
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
        """The same registry to those who only pull; also to a cluster, which is given nobody else's credentials."""
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
        """All that nobody may see, read when they are needed."""
        return frozenset((self.password, self.puller.password))

    @property
    def hostname(self) -> str:
        """The name in its certificate."""
        return self.host.partition(":")[0]

    @property
    def endpoint(self) -> str:
        """Where packets go, as in ``10.99.0.2:443``."""
        return f"{self.address}:{self.port}"

    @property
    def password(self) -> str:
        """The password, read when it is needed."""
        return self.password_file.read_text().strip()

    @property
    def authorization(self) -> str:
        """The value of the HTTP header that authenticates a request."""
        return f"Basic {self._credentials()}"

    @property
    def root(self) -> str:
        """What its image references begin with, as in ``ghcr.io`` or ``registry.example.com:5000/team``."""
        return f"{self.host}/{self.prefix}" if self.prefix else self.host

    def path(self, repository: str) -> str:
        """A repository as the registry's API names it."""
        return f"{self.prefix}/{repository}" if self.prefix else repository

    def localize(self, text: str) -> str:
        """The text with every image of ghcr.io as it is called here."""
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

    def docker_config(self, path: Path) -> Path:
        """Write a private Docker configuration that authenticates pulls under the name and under the address.

        Build tools take it as ``--authfile``; ``kubectl create secret generic --type
        kubernetes.io/dockerconfigjson --from-file .dockerconfigjson=PATH`` makes a pull secret of it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        return files.write(path, self.docker_credentials(), private=True)

    def docker_credentials(self) -> str:
        """What a Docker configuration says that authenticates pulls here; it holds the password."""
        entry = {"auth": self.puller._credentials()}
        return json.dumps({"auths": {self.host: entry, self.endpoint: entry}})

    def _credentials(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
