"""The manifest of a bundle, the last file in it: for which machine it is, and what each other file must be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["NAME", "Manifest", "Member"]

NAME = "manifest"
_FORMAT = "1"
_DIGEST = "digest"


@dataclass(frozen=True)
class Member:
    """A file of a bundle.

    Attributes:
        name: Its path in the archive.
        bytes: Its size.
        installed_bytes: What it takes on the disk of a machine that it is installed on.
        sha256: Its digest, in hexadecimal.
    """

    name: str
    bytes: int
    installed_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a bundle is.

    Attributes:
        version: The template's version.
        revision: The commit of the checkout.
        release: Debian's name and number as ``/etc/os-release`` has them, as in ``debian 12``.
        architecture: As Debian names it.
        packages: The Debian packages that a machine needs.
        members: The other files, in their order.
    """

    version: str
    revision: str
    release: str
    architecture: str
    packages: Sequence[str]
    members: Sequence[Member]

    @property
    def digest(self) -> str:
        """The SHA-256 digest of all that the manifest says, and so of all that is in the bundle."""
        return hashlib.sha256(self._content().encode()).hexdigest()

    def __str__(self) -> str:
        """The manifest as it is written: read by ``install.sh`` as well, on machines that have nothing but a shell."""
        return f"{self._content()}{_DIGEST}: {self.digest}\n"

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read what ``__str__`` wrote.

        Raises:
            LabError: It is none, was changed, or is of another format.
        """
        lines = text.splitlines()
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        if headers.get("format") != _FORMAT:
            raise LabError(_("is of no format that this lab reads"), object=NAME)
        try:
            manifest = cls(
                version=headers["version"],
                revision=headers["revision"],
                release=headers["release"],
                architecture=headers["architecture"],
                packages=tuple(headers["packages"].split()),
                members=tuple(_members(lines[lines.index("") + 1 : -1])),
            )
        except (ValueError, LookupError) as error:
            raise LabError(_("cannot be read: {error}").format(error=error), object=NAME) from error
        if str(manifest) != text:
            raise LabError(_("differs from what was written"), object=NAME)
        return manifest

    def _content(self) -> str:
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"format: {_FORMAT}"
        yield f"version: {self.version}"
        yield f"revision: {self.revision}"
        yield f"release: {self.release}"
        yield f"architecture: {self.architecture}"
        yield f"packages: {' '.join(self.packages)}"
        yield ""
        for member in self.members:
            yield f"{member.sha256} {member.bytes} {member.installed_bytes} {member.name}"


def _members(lines: Sequence[str]) -> Iterator[Member]:
    for line in lines:
        sha256, size, installed, name = line.split(" ", 3)
        yield Member(name, int(size), int(installed), sha256)
