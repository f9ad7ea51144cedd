"""Repositories for the lint to judge, written from what their files hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab_helpers.policy import Kind, Report, lint

__all__ = ["APP", "DEPLOY", "judge", "places", "write"]

Files = Mapping[str, str]

APP: Files = {
    "Dockerfile": 'FROM python:3.13-slim\nUSER 1000\nCMD ["python", "main.py"]\n',
    "src/main.py": "import os\n\nPORT = int(os.environ['PORT'])\n",
    "README.md": "An application.\n",
}
"""An App repository in which nothing is wrong."""

DEPLOY: Files = {
    "k8s/base/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [namespace.yaml]\n"
    ),
    "k8s/base/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: prj-01\n",
    "README.md": "A Deploy repository.\n",
}
"""A Deploy repository in which nothing is wrong."""


def write(root: Path, files: Files) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def judge(root: Path, files: Files, kind: Kind | None = None) -> Report:
    return lint([write(root, files)], kind)


def places(report: Report) -> list[tuple[str, str, int]]:
    """Rule, file and line of each finding."""
    return [(finding.rule, finding.file, finding.line) for finding in report.findings]
