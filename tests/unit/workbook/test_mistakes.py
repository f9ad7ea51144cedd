from __future__ import annotations

from typing import Any, cast

import pytest

from lab_helpers.kube.client import Client
from lab_helpers.workbook.course import mistakes

_TYPE = "kubernetes.io/dockerconfigjson"


class _Client:
    def __init__(self, *secrets: tuple[str, str, str]) -> None:
        self._secrets = secrets

    def list(self, kind: str) -> list[dict[str, Any]]:
        assert kind == "secret"
        return [{"type": kind, "metadata": {"name": name, "namespace": at}} for kind, name, at in self._secrets]


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ([(_TYPE, "ghcr-secret", "default")], "There is a ghcr-secret in namespace default: -n prj-02 was forgotten"),
        ([(_TYPE, "ghcr-secrets", "prj-02")], "There is a pull secret ghcr-secrets; the pod asks for ghcr-secret"),
        ([], "was not made"),
        ([(_TYPE, "ghcr-secret", "lab-03")], "was not made"),
        ([("Opaque", "ghcr-secret", "default"), (_TYPE, "probe-pull", "prj-02")], "was not made"),
    ],
)
def test_a_missing_pull_secret_is_told_by_what_is_there(secrets: list[tuple[str, str, str]], said: str) -> None:
    assert said in mistakes.missing_pull_secret(cast(Client, _Client(*secrets)), "ghcr-secret", "prj-02")


@pytest.mark.parametrize(
    ("names", "expected"), [(["default", "lab-3"], "lab-3"), (["default", "kube-system"], ""), ([], "")]
)
def test_what_was_probably_meant(names: list[str], expected: str) -> None:
    assert mistakes.similar("lab-03", names) == expected
