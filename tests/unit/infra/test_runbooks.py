"""Whoever is woken by an alert of ``infra/_shared/monitoring`` finds what to do by its link."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urldefrag

import pytest
import yaml

from lab_helpers import checkout
from lab_helpers.validation import links

_MONITORING = checkout.infra_directory() / "_shared" / "monitoring"
_PAGES = sorted((_MONITORING / "runbooks").glob("*.md"))
_ADDRESS = "https://github.com/org/infra/blob/main/"
_HEADING = re.compile(r"^## (\w+)\n\n(\S.*)", re.MULTILINE)


def _links() -> dict[str, str]:
    """The link of each alert's runbook, by the alert."""
    files = [*(_MONITORING / "rules").glob("*.yaml"), _MONITORING / "stack" / "rules.yaml"]
    manifests = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    rules = [rule for manifest in manifests for group in manifest["spec"]["groups"] for rule in group["rules"]]
    return {rule["alert"]: rule["annotations"].get("runbook_url", "") for rule in rules}


def _chapters() -> dict[str, str]:
    """The address of each chapter that says something, by its heading."""
    return {
        heading: f"{_ADDRESS}{page.relative_to(checkout.infra_directory())}#{heading.lower()}"
        for page in _PAGES
        for heading, _text in _HEADING.findall(page.read_text(encoding="utf-8"))
    }


def test_each_alert_leads_to_its_own_chapter_and_each_chapter_is_of_an_alert() -> None:
    assert len(_links()) > 20
    assert _links() == _chapters()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_links_of_a_runbook_lead_somewhere(page: Path) -> None:
    targets = {urldefrag(target).url for target in links._links(page.read_text(encoding="utf-8"))} - {""}
    assert [target for target in targets if not (page.parent / target).is_file()] == []
    inner = re.findall(r"\]\((\S*)#(\w+)\)", page.read_text(encoding="utf-8"))
    headings = {heading.lower() for heading in _chapters()}
    assert {anchor for _file, anchor in inner} <= headings
