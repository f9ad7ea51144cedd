from __future__ import annotations

from xml.etree import ElementTree

from lab_helpers import CheckFailed, Evidence
from lab_helpers.workbook import cards
from lab_helpers.workbook.cards import Card, Tone
from lab_helpers.workbook.tables import Table


def _failure() -> CheckFailed:
    return CheckFailed(
        "a <pod>", seen="none & nothing", hint="make one", step="9.1", next_step="kubectl apply -f pod.yaml"
    )


def test_a_proven_step_shows_what_was_seen() -> None:
    card = cards.passed("9.1", "It holds", Evidence(pods_Ready=2, image="web:v1"))
    assert repr(card).splitlines() == ["✓ 9.1 It holds", "  pods Ready  2", "  image       web:v1"]


def test_a_failed_step_says_what_to_do_and_hides_the_diagnosis_behind_a_click() -> None:
    card = cards.failed("It holds", _failure(), "pod/web: ImagePullBackOff")
    text, page = repr(card), card._repr_html_()
    assert text.startswith("✗ 9.1 not yet: It holds")
    assert "kubectl apply -f pod.yaml" in text
    assert "Traceback" not in text
    details = page[page.index("<details>") :]
    assert "ImagePullBackOff" in details
    assert "ImagePullBackOff" not in page.replace(details, "")


def test_a_card_is_well_formed_whatever_it_shows() -> None:
    page = cards.failed("<It>", _failure(), "<a> & <b>")._repr_html_()
    root = ElementTree.fromstring(page)
    assert "a <pod>" in "".join(root.itertext())


def test_a_card_tells_its_verdict_by_a_symbol_too() -> None:
    assert len({tone.symbol for tone in Tone}) == len(Tone)
    assert "–" in repr(cards.skipped("9.1", "First", "needs a second node"))


def test_a_card_without_details_has_none_to_open() -> None:
    assert "<details>" not in Card(Tone.NEUTRAL, "A lab", [("cluster", "lab")])._repr_html_()


def test_a_table_is_the_same_as_page_and_as_text() -> None:
    table = Table(("part", "here"), [("etcd", "<ok>"), ("API server", "v1.37.1")], "Parts")
    assert repr(table).splitlines() == ["Parts", "part        here", "etcd        <ok>", "API server  v1.37.1"]
    root = ElementTree.fromstring(table._repr_html_())
    assert [cell.text for cell in root.iter("td")] == ["etcd", "<ok>", "API server", "v1.37.1"]
    assert all(head.get("scope") == "col" for head in root.iter("th"))


def test_nothing_paints_over_a_dark_page() -> None:
    page = cards.passed("9.1", "It holds", Evidence(a=1))._repr_html_() + Table(("a",), [("b",)])._repr_html_()
    assert "color:#" not in page.replace("border-left:4px solid #009E73", "")
    assert "background:#" not in page
