"""What the image is made of, by version and licence: a bill of materials as SPDX 2.3 has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lab_helpers.programs.modules import tool_modules

__all__ = ["PLACE", "write"]

PLACE = "usr/share/doc/kubernetes-lab/sbom.spdx.json"
"""Where it lies in the image, relative to the root."""

_STATUS = "var/lib/dpkg/status"
_UNKNOWN = "NOASSERTION"
# The older field License is free text, often the licence itself: these are identifiers of SPDX's list.
_IDENTIFIERS = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0"}


@dataclass(frozen=True)
class _Part:
    """One part: what it is called, in which version, where it is from, under which licence."""

    name: str
    version: str
    url: str
    licence: str = _UNKNOWN


def write(directory: Path, site_packages: Path, revision: str, created: str) -> None:
    """Write the bill of a root file system into it.

    Args:
        directory: The root file system.
        site_packages: Where its Python packages are.
        revision: The commit that the image is made of.
        created: When that was committed, in UTC, as RFC 3339 has it.
    """
    parts = [*_debian(directory / _STATUS), *_python(site_packages), *_programs()]
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "kubernetes-lab",
        "documentNamespace": f"https://spdx.org/spdxdocs/kubernetes-lab-{revision}",
        "creationInfo": {"created": created, "creators": ["Tool: lab image build"]},
        "packages": [_package(number, part) for number, part in enumerate(sorted(parts, key=lambda part: part.url))],
    }
    document["documentDescribes"] = [package["SPDXID"] for package in document["packages"]]
    file = directory / PLACE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _debian(status: Path) -> Iterator[_Part]:
    """Debian's packages; the licences of each are in its file ``copyright``."""
    for paragraph in status.read_text(encoding="utf-8").split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture): (.+)$", paragraph, re.MULTILINE))
        if fields:
            name, version = fields["Package"], fields["Version"]
            url = f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={fields['Architecture']}"
            yield _Part(name, version, url)


def _python(site_packages: Path) -> Iterator[_Part]:
    for distribution in distributions(path=[str(site_packages)]):
        name = distribution.metadata["Name"]
        url = f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{distribution.version}"
        yield _Part(name, distribution.version, url, _licence(distribution))


def _licence(distribution: Distribution) -> str:
    # A message's own `get` is not of the protocol that importlib.metadata declares.
    fields = distribution.metadata.json
    text = str(fields.get("license", ""))
    return str(fields.get("license_expression", text if text in _IDENTIFIERS else _UNKNOWN))


def _programs() -> Iterator[_Part]:
    """The upstream modules of the lab's programs; what each of those is linked from stands in its go.mod."""
    for module in tool_modules():
        yield _Part(module.name, module.version, f"pkg:golang/{module.upstream}@v{module.version}")


def _package(number: int, part: _Part) -> dict[str, Any]:
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": part.url}
    return {
        "SPDXID": f"SPDXRef-{number}",
        "name": part.name,
        "versionInfo": part.version,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": part.licence,
        "copyrightText": _UNKNOWN,
        "externalRefs": [reference],
    }
