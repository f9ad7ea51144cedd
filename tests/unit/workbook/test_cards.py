from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from lab_helpers import CheckFailed, Evidence, LabError, language
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.display.cards import Card, Tone
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures.picture import Picture


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
    assert "color:#" not in page
    assert "background:#" not in page
    assert page.count("var(--jp-") == len(re.findall(r"var\(--jp-[a-z0-9-]+,", page)), "each has a fall-back"


def test_the_dollars_of_a_command_are_no_formula() -> None:
    root = ElementTree.fromstring(cards.stopped(LabError('line 2: git -C "$name" am "$name.patch"'))._repr_html_())
    assert root.get("class") == "mathjax_ignore", "JupyterLab would typeset what is between the two"


def test_a_card_can_be_found_and_read_without_eyes() -> None:
    root = ElementTree.fromstring(cards.failed("It holds", _failure(), "")._repr_html_())
    assert (root.tag, root.get("aria-label")) == ("section", "✗ 9.1 not yet: It holds")
    heading = next(element for element in root.iter() if element.get("role") == "heading")
    assert heading.text == root.get("aria-label")
    heads = list(root.iter("th"))
    assert [head.text for head in heads] == ["expected", "seen", "hint", "next"]
    assert all(head.get("scope") == "row" for head in heads)


def test_evidence_may_be_a_table_or_a_picture() -> None:
    picture = Picture("Pods over time", "<svg/>", "two pods")
    table = Table(("pod", "state"), [("a", "Ready")])
    failure = CheckFailed("a", seen="b", hint="c", evidence={"pods": table, "over time": picture})
    card = cards.failed("It holds", failure, "")
    page = card._repr_html_()
    assert '<th scope="col"' in page
    assert 'alt="Pods over time"' in page
    assert ["pod  state" in repr(card), "two pods" in repr(card)] == [True, True]


def test_an_error_is_a_card_with_the_next_thing_to_type() -> None:
    card = cards.stopped(LabError("no such program", object="kubectl", last_event="exit 127", next_step="lab doctor"))
    assert repr(card).splitlines() == [
        "✗ kubectl: no such program",
        "  last event  exit 127",
        "  next        lab doctor",
    ]


def test_what_was_seen_is_english_in_the_data_and_translated_where_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    evidence = Evidence(answered_by="v1")
    failure = CheckFailed("x", seen="y", hint="z", evidence={"answered by": "v1"})
    assert dict(evidence) == failure.evidence == {"answered by": "v1"}
    translation = language.gettext("answered by")
    assert translation != "answered by"
    for card in (cards.passed("9.1", "t", evidence), cards.failed("t", failure, ""), cards.moved_on("t", failure)):
        assert translation in repr(card)
        assert "answered by" not in repr(card)


def test_what_is_to_be_done_next_is_code_only_where_it_can_be_typed() -> None:
    command = cards.stopped(LabError("no", next_step="kubectl apply -k ."))._repr_html_()
    sentence = cards.stopped(LabError("no", next_step="Mend it, and type `lab reset 3`."))._repr_html_()
    assert ">kubectl apply -k .</code>" in command
    assert "Mend it, and type <code" in sentence


def test_no_word_is_cut_where_it_has_room() -> None:
    page = cards.failed("It holds", _failure(), "")._repr_html_()
    assert "anywhere" not in page
    assert "overflow-wrap:break-word" in page


def test_a_failed_command_says_what_it_means() -> None:
    card = cards.stopped(LabError("line 1 ended with 1", last_event="already exists"), "It is there already.")
    assert repr(card).splitlines()[1:] == ["  last event  already exists", "  hint        It is there already."]
